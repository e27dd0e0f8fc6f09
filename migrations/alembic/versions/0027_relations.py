"""Relations between users"""

import sql_file

revision = "0027"
down_revision = "0026"


def upgrade() -> None:
    sql_file.run(__file__)


def downgrade() -> None:
    sql_file.reject_downgrade()
