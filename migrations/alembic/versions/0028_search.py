"""Search terms"""

import sql_file

revision = "0028"
down_revision = "0027"


def upgrade() -> None:
    sql_file.run(__file__)


def downgrade() -> None:
    sql_file.reject_downgrade()
