"""Index of the staff"""

import sql_file

revision = "0030"
down_revision = "0029"


def upgrade() -> None:
    sql_file.run(__file__)


def downgrade() -> None:
    sql_file.reject_downgrade()
