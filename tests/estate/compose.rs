//! compose.yaml agrees with the files that it mounts. What an engine would say of it, no test can tell.

use crate::configuration::{adapted, repository};

/// The values after `key` in compose.yaml.
fn values(key: &str) -> Vec<String> {
    let compose = adapted("compose.yaml", &[]);
    let found = compose.lines().filter_map(|line| line.split_once(key)).map(|(_, value)| value);
    found.map(|value| value.trim_matches([' ', '}']).to_owned()).collect()
}

#[test]
fn nginx_and_the_instances_have_the_addresses_that_they_know_of_each_other() {
    let addresses = values("ipv4_address:");
    assert_eq!(addresses.len(), 3);
    let nginx = adapted("nginx/nginx.conf", &[]);
    let (instances, proxy) = addresses.split_at(2);
    assert_eq!(values("TRUSTED_PROXIES:"), proxy);
    for instance in instances {
        // Once where requests are repeated, once where they are not.
        assert_eq!(nginx.matches(&format!("server {instance}:3000 ")).count(), 2);
    }
    assert_eq!(nginx.matches(":3000 ").count(), 4);
}

#[test]
fn what_is_mounted_is_there_and_nothing_secret_is_written_down() {
    let mounted: Vec<_> = values("- ./").iter().map(|mount| mount.split(':').next().unwrap().to_owned()).collect();
    assert!(mounted.len() >= 6, "{mounted:?}");
    for path in mounted {
        assert!(repository("deploy").join(&path).exists(), "{path}");
    }
    let compose = adapted("compose.yaml", &[]);
    for line in
        compose.lines().filter(|line| ["PASSWORD", "_KEY", "DATABASE_URL"].iter().any(|word| line.contains(word)))
    {
        let from_file = line.contains("_FILE") || line.contains("$$(cat ") || line.contains("AWS_ACCESS_KEY_ID: kith");
        assert!(from_file, "{line}");
    }
}

#[test]
fn the_dashboard_is_json_and_asks_prometheus() {
    let dashboard: serde_json::Value = serde_json::from_str(&adapted("grafana/dashboards/kith.json", &[])).unwrap();
    let datasource = adapted("grafana/provisioning/datasources/prometheus.yml", &[]);
    for panel in dashboard["panels"].as_array().unwrap() {
        let source = panel["datasource"]["uid"].as_str().unwrap();
        assert!(datasource.contains(&format!("uid: {source}\n")), "{source}");
        assert!(!panel["targets"].as_array().unwrap().is_empty());
    }
}
