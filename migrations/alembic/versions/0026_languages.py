"""Languages of accounts"""

import sql_file

revision = "0026"
down_revision = "0025"


def upgrade() -> None:
    sql_file.run(__file__)


def downgrade() -> None:
    sql_file.reject_downgrade()
