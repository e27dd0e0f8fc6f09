<%! from json import dumps %>"""${message}"""

import sql_file

revision = ${dumps(up_revision)}
down_revision = ${dumps(down_revision)}


def upgrade() -> None:
    sql_file.run(__file__)


def downgrade() -> None:
    sql_file.reject_downgrade()
