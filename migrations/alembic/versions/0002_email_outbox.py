"""Outbox of verification mails"""

import sql_file

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    sql_file.run(__file__)


def downgrade() -> None:
    sql_file.reject_downgrade()
