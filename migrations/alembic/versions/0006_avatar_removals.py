"""Avatars to remove from the store"""

import sql_file

revision = "0006"
down_revision = "0005"


def upgrade() -> None:
    sql_file.run(__file__)


def downgrade() -> None:
    sql_file.reject_downgrade()
