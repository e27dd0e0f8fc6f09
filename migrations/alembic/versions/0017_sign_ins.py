"""Sign-ins: browser, network and last use"""

import sql_file

revision = "0017"
down_revision = "0016"


def upgrade() -> None:
    sql_file.run(__file__)


def downgrade() -> None:
    sql_file.reject_downgrade()
