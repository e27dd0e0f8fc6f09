"""Reports"""

import sql_file

revision = "0031"
down_revision = "0030"


def upgrade() -> None:
    sql_file.run(__file__)


def downgrade() -> None:
    sql_file.reject_downgrade()
