//! Checks the rules and the configuration with promtool and amtool.

use std::collections::BTreeSet;
use std::path::Path;
use std::process::Command;

use crate::configuration::{adapted, repository};

#[track_caller]
fn assert_passes(folder: &Path, program: &str, arguments: &[&str]) {
    let output = Command::new(program).args(arguments).current_dir(folder).output().expect("run with `make test`");
    let text = [output.stdout, output.stderr].map(|text| String::from_utf8_lossy(&text).into_owned()).concat();
    assert!(output.status.success(), "{program} {arguments:?}: {text}");
}

/// USER-INFRA-002.4-S1, USER-INFRA-004.4-S1
#[test]
fn user_infra_001_4_s2_002_4_s1_004_4_s1_rules_fire_when_they_should_and_not_otherwise() {
    let folder = repository("deploy/prometheus");
    assert_passes(&folder, "promtool", &["check", "rules", "rules.yml"]);
    assert_passes(&folder, "promtool", &["check", "config", "prometheus.yml"]);
    assert_passes(&folder, "promtool", &["test", "rules", "rules_test.yml"]);
}

#[test]
fn alerts_of_every_severity_are_routed_to_on_call() {
    // Debian's Alertmanager does not have `url_file` yet.
    let file = ("url_file: /run/secrets/on-call/url", "url: http://127.0.0.1:9/");
    let dir = tempfile::tempdir().unwrap();
    std::fs::write(dir.path().join("alertmanager.yml"), adapted("alertmanager/alertmanager.yml", &[file])).unwrap();
    assert_passes(dir.path(), "amtool", &["check-config", "alertmanager.yml"]);
    for severity in ["severity=page", "severity=ticket"] {
        let routes =
            ["config", "routes", "test", "--config.file=alertmanager.yml", "--verify.receivers=on-call", severity];
        assert_passes(dir.path(), "amtool", &routes);
    }
}

/// Every alert has a severity, a summary, a runbook, a case in which it fires, and one in which it does not.
#[test]
fn every_alert_has_a_runbook_and_test_cases() {
    let rules = adapted("prometheus/rules.yml", &[]);
    let cases = adapted("prometheus/rules_test.yml", &[]);
    let mut runbooks = BTreeSet::new();
    for rule in rules.split("- alert: ").skip(1) {
        let name = rule.lines().next().unwrap();
        assert!(rule.contains("severity: page") || rule.contains("severity: ticket"), "{name}");
        assert!(rule.contains("summary: "), "{name}");
        let (_, runbook) = rule.split_once("runbook_url: ").expect(name);
        let runbook = runbook.lines().next().unwrap();
        let text = std::fs::read_to_string(repository(runbook)).expect(runbook);
        assert!(text.lines().next().unwrap().contains(name), "{runbook} is not about {name}");
        runbooks.insert(repository(runbook));
        let fires = |case: &&str| case.lines().next() == Some(name) && case.contains("exp_labels");
        assert!(cases.split("alertname: ").any(|case| fires(&case)), "{name} has no case in which it fires");
        assert!(
            cases.contains(&format!("alertname: {name}, exp_alerts: []")),
            "{name} has no case in which it does not fire"
        );
    }
    // The occasion for this one is a user who asks for help.
    runbooks.insert(repository("docs/runbooks/account-takeover.md"));
    let existing: BTreeSet<_> =
        std::fs::read_dir(repository("docs/runbooks")).unwrap().map(|entry| entry.unwrap().path()).collect();
    assert_eq!(existing, runbooks, "every other runbook belongs to an alert");
}
