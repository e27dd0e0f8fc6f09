"""What usernames look like"""

import sql_file

revision = "0029"
down_revision = "0028"


def upgrade() -> None:
    sql_file.run(__file__)


def downgrade() -> None:
    sql_file.reject_downgrade()
