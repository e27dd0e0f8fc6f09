"""Case-insensitive emails and usernames"""

import sql_file

revision = "0008"
down_revision = "0007"


def upgrade() -> None:
    sql_file.run(__file__)


def downgrade() -> None:
    sql_file.reject_downgrade()
