"""Account self-service"""

import sql_file

revision = "0018"
down_revision = "0017"


def upgrade() -> None:
    sql_file.run(__file__)


def downgrade() -> None:
    sql_file.reject_downgrade()
