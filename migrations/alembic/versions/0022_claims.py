"""Claims of addresses and usernames"""

import sql_file

revision = "0022"
down_revision = "0021"


def upgrade() -> None:
    sql_file.run(__file__)


def downgrade() -> None:
    sql_file.reject_downgrade()
