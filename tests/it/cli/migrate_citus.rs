//! `kith migrate --citus` without Citus. `tests/citus` tests it on a cluster.

use crate::support::database::{create_empty, database_url};
use crate::support::process::{kith, output};

#[tokio::test(flavor = "multi_thread")]
async fn a_database_without_citus_is_migrated_but_not_distributed() {
    let url = database_url(&create_empty().await);
    let run = |arguments: &[&str]| {
        let mut command = kith(arguments);
        command.env("DATABASE_URL", &url);
        let output = output(command);
        let text = |bytes| String::from_utf8(bytes).unwrap();
        (output.status.code(), text(output.stdout), text(output.stderr))
    };
    let (code, stdout, stderr) = run(&["migrate", "--citus"]);
    assert_eq!((code, stdout.as_str()), (Some(1), ""), "{stderr}");
    assert!(stderr.contains("the database has no Citus: run CREATE EXTENSION citus"), "{stderr}");
    let (code, stdout, _) = run(&["doctor"]);
    assert_eq!(code, Some(0));
    assert!(stdout.contains("layout      one machine"), "{stdout}");
}
