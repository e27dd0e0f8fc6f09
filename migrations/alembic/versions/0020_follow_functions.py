"""Follow functions"""

import sql_file

revision = "0020"
down_revision = "0019"


def upgrade() -> None:
    sql_file.run(__file__)


def downgrade() -> None:
    sql_file.reject_downgrade()
