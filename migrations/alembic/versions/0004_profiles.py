"""Profiles: display name, bio and avatar"""

import sql_file

revision = "0004"
down_revision = "0003"


def upgrade() -> None:
    sql_file.run(__file__)


def downgrade() -> None:
    sql_file.reject_downgrade()
