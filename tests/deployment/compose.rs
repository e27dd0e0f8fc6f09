//! Checks compose.yaml against the files that it mounts. No test runs it in a container engine.

use crate::configuration::{adapted, repository};

/// The values after `key` in compose.yaml.
fn values(key: &str) -> Vec<String> {
    let compose = adapted("compose.yaml", &[]);
    let found = compose.lines().filter_map(|line| line.split_once(key)).map(|(_, value)| value);
    found.map(|value| value.trim_matches([' ', '}']).to_owned()).collect()
}

#[test]
fn nginx_and_the_instances_are_configured_with_each_others_addresses() {
    let addresses = values("ipv4_address:");
    assert_eq!(addresses.len(), 3);
    let nginx = adapted("nginx/nginx.conf", &[]);
    let (instances, proxy) = addresses.split_at(2);
    assert_eq!(values("TRUSTED_PROXIES:"), proxy);
    for instance in instances {
        // In the upstream with retries and in the one without, each time also as a backup.
        assert_eq!(nginx.matches(&format!("server {instance}:3000 ")).count(), 4);
    }
    assert_eq!(nginx.matches(":3000 ").count(), 8);
}

#[test]
fn mounted_files_exist_and_no_secret_is_in_plain_text() {
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

/// The services, each with its lines.
fn services() -> Vec<(String, Vec<String>)> {
    let compose = adapted("compose.yaml", &[]);
    let (_, rest) = compose.split_once("\nservices:\n").unwrap();
    let (section, _) = rest.split_once("\nnetworks:\n").unwrap();
    let mut services: Vec<(String, Vec<String>)> = Vec::new();
    for line in section.lines() {
        let name =
            line.strip_prefix("  ").and_then(|line| line.strip_suffix(':')).filter(|name| !name.starts_with(' '));
        match (name, services.last_mut()) {
            (Some(name), _) => services.push((name.to_owned(), Vec::new())),
            (None, Some((_, lines))) => lines.push(line.trim().to_owned()),
            (None, None) => {}
        }
    }
    services
}

/// The lines of an `x-` section, which services include.
fn shared(name: &str) -> Vec<String> {
    let compose = adapted("compose.yaml", &[]);
    let (_, rest) = compose.split_once(&format!("\nx-{name}: &{name}\n")).unwrap();
    rest.lines().take_while(|line| line.starts_with("  ")).map(|line| line.trim().to_owned()).collect()
}

#[test]
fn every_service_has_limits_and_can_write_only_to_its_volumes() {
    let (hardened, kith) = (shared("hardened"), shared("kith"));
    for line in ["read_only: true", "cap_drop: [ALL]", "security_opt: [no-new-privileges:true]"] {
        assert!(hardened.iter().any(|found| found == line), "{line}");
    }
    assert!(kith.iter().any(|line| line == "<<: *hardened"));
    let services = services();
    assert_eq!(services.len(), 13);
    for (name, lines) in services {
        let lines: Vec<_> = if lines[0] == "<<: *kith" { [kith.clone(), lines].concat() } else { lines };
        assert!(lines.iter().any(|line| line == "<<: *hardened"), "{name}");
        for limit in ["mem_limit: ", "pids_limit: "] {
            assert_eq!(lines.iter().filter(|line| line.starts_with(limit)).count(), 1, "{name} {limit}");
        }
        let forbidden = ["privileged:", "read_only: false", "- seccomp", "- /var/run/docker.sock"];
        assert!(!lines.iter().any(|line| forbidden.iter().any(|word| line.starts_with(word))), "{name}");
    }
}

#[test]
fn the_nodes_of_a_cluster_are_confined_and_introduced_to_each_other() {
    let citus = adapted("citus/compose.yaml", &[]);
    let worker = citus.split_once("\nx-worker: &worker\n").unwrap().1.split("\nservices:").next().unwrap();
    for line in ["read_only: true", "cap_drop: [ALL]", "security_opt: [no-new-privileges:true]", "mem_limit: 1g"] {
        assert!(worker.contains(&format!("\n  {line}\n")), "{line}");
    }
    let nodes = ["postgres", "worker-1", "worker-2"];
    assert!(citus.contains(&format!("entrypoint: [bash, /join.sh, {}]", nodes.join(", "))));
    for name in nodes {
        assert!(citus.contains(&format!("\n  {name}:\n    <<: *")), "{name}");
    }
    for path in citus.lines().filter_map(|line| line.trim().strip_prefix("- ./")?.split(':').next()) {
        assert!(repository("deploy").join(path).exists(), "{path}");
    }
    assert!(citus.contains("command: [migrate, --citus]"));
    assert!(!citus.lines().any(|line| line.contains("PASSWORD") && !line.contains("_FILE")));
}

#[test]
fn the_service_has_its_own_store_user_with_access_to_pictures_only() {
    let policy: serde_json::Value = serde_json::from_str(&adapted("s3/pictures.json", &[])).unwrap();
    let statements = policy["Statement"].as_array().unwrap();
    assert_eq!(statements.len(), 1);
    assert_eq!(statements[0]["Action"], serde_json::json!(["s3:GetObject", "s3:PutObject", "s3:DeleteObject"]));
    let store = values("AVATAR_STORE_URL: s3://");
    assert_eq!(statements[0]["Resource"], serde_json::json!([format!("arn:aws:s3:::{}/*", store[0])]));
    let (root, service) = (values("MINIO_ROOT_USER:"), values("AWS_ACCESS_KEY_ID:"));
    assert_ne!(root, service);
    assert!(adapted("compose.yaml", &[]).contains(&format!("mc admin user add store {} ", service[0])));
    let secrets = adapted("make-secrets.sh", &[]);
    assert!(secrets.contains("keep kith/s3-password cat s3/service-password\n"), "{secrets}");
}

#[test]
fn the_dashboard_is_valid_json_and_queries_prometheus() {
    let dashboard: serde_json::Value = serde_json::from_str(&adapted("grafana/dashboards/kith.json", &[])).unwrap();
    let datasource = adapted("grafana/provisioning/datasources/prometheus.yml", &[]);
    for panel in dashboard["panels"].as_array().unwrap() {
        let source = panel["datasource"]["uid"].as_str().unwrap();
        assert!(datasource.contains(&format!("uid: {source}\n")), "{source}");
        assert!(!panel["targets"].as_array().unwrap().is_empty());
    }
}
