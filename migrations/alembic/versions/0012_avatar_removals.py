"""Avatars of replaced pictures and deleted accounts are removed"""

import sql_file

revision = "0012"
down_revision = "0011"


def upgrade() -> None:
    sql_file.run(__file__)


def downgrade() -> None:
    sql_file.reject_downgrade()
