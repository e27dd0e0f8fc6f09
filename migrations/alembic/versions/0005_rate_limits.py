"""Rate limits that all instances share"""

import sql_file

revision = "0005"
down_revision = "0004"


def upgrade() -> None:
    sql_file.run(__file__)


def downgrade() -> None:
    sql_file.reject_downgrade()
