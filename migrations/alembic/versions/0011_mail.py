"""One outbox for all mail, and one-time tokens"""

import sql_file

revision = "0011"
down_revision = "0010"


def upgrade() -> None:
    sql_file.run(__file__)


def downgrade() -> None:
    sql_file.reject_downgrade()
