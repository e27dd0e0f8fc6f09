"""Account suspension and the audit log"""

import sql_file

revision = "0014"
down_revision = "0012"


def upgrade() -> None:
    sql_file.run(__file__)


def downgrade() -> None:
    sql_file.reject_downgrade()
