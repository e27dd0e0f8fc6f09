"""Refresh tokens that name their sign-in"""

import sql_file

revision = "0023"
down_revision = "0022"


def upgrade() -> None:
    sql_file.run(__file__)


def downgrade() -> None:
    sql_file.reject_downgrade()
