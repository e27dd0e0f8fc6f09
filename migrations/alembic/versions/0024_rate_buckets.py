"""Rate limits in seconds"""

import sql_file

revision = "0024"
down_revision = "0023"


def upgrade() -> None:
    sql_file.run(__file__)


def downgrade() -> None:
    sql_file.reject_downgrade()
