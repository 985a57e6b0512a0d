//! The three programs as an operator runs them: the services believe the gateway's signature alone, and callers
//! have keys.

use rapporteur_proto::gateway::v1::access_service_client::AccessServiceClient;
use rapporteur_proto::gateway::v1::{CreateGrantRequest, CreateKeyRequest, Grant, Key, Role};
use tempfile::TempDir;
use tonic::Request;

use crate::harness::{Running, channel, free_address, program};

/// The three programs, the services believing the gateway's signature alone.
pub(crate) struct House {
    pub(crate) folder: TempDir,
    pub(crate) gateway: Running,
    pub(crate) events: Running,
    pub(crate) recommendations: Running,
}

impl House {
    pub(crate) async fn start() -> Self {
        Self::start_with(&[]).await
    }

    /// The same, each with these arguments beside its own.
    pub(crate) async fn start_with(more: &[&str]) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let at = |name: &str| folder.path().join(name);
        let [events, recommendations, gateway] = std::array::from_fn(|_| free_address());
        let urls = [&events, &recommendations].map(|address| format!("http://{address}"));
        let services = ["--events", &urls[0], "--recommendations", &urls[1]];
        let services = [&services[..], more].concat();
        let mut door = Running::start("rapporteur-gateway", &gateway, &at("gateway"), &services);
        door.serving().await;
        let keys = at("gateway").join("caller-keys.json");
        let keys = [&["--caller-keys", keys.to_str().unwrap()], more].concat();
        let mut events = Running::start("rapporteur-events", &events, &at("events"), &keys);
        // Its key is made by the operator while it runs already.
        let key_file = at("recommendations.key");
        let door_url = format!("http://{gateway}");
        let own = [
            "--events",
            &urls[0],
            "--gateway",
            &door_url,
            "--key-file",
            key_file.to_str().unwrap(),
        ];
        let others = [&keys[..], &own].concat();
        let mut recommendations = Running::start(
            "rapporteur-recommendations",
            &recommendations,
            &at("recommendations"),
            &others,
        );
        events.serving().await;
        recommendations.serving().await;
        let house = Self {
            folder,
            gateway: door,
            events,
            recommendations,
        };
        house.admin_does(&[
            "key",
            "add",
            "--caller",
            "recommendations",
            "--to",
            key_file.to_str().unwrap(),
        ]);
        house.admin_does(&[
            "grant",
            "add",
            "--caller",
            "recommendations",
            "--role",
            "reader",
        ]);
        house
    }

    pub(crate) fn admin(&self) -> String {
        let file = self.folder.path().join("gateway/admin.key");
        std::fs::read_to_string(file).unwrap().trim().to_owned()
    }

    pub(crate) fn tool(&self, token: Option<&str>, arguments: &[&str]) -> (Option<i32>, String) {
        let mut command = std::process::Command::new(program("rapporteur"));
        command
            .args(arguments)
            .env("XDG_CONFIG_HOME", self.folder.path().join("config"))
            .env(
                "RAPPORTEUR_GATEWAY",
                format!("http://{}", self.gateway.address),
            )
            .env_remove("RAPPORTEUR_TOKEN")
            .env_remove("RAPPORTEUR_PROFILE")
            .stdin(std::process::Stdio::null());
        if let Some(token) = token {
            command.env("RAPPORTEUR_TOKEN", token);
        }
        let output = command.output().unwrap();
        let said = [output.stdout, output.stderr].concat();
        (
            output.status.code(),
            String::from_utf8_lossy(&said).into_owned(),
        )
    }

    pub(crate) fn admin_does(&self, arguments: &[&str]) {
        let (code, said) = self.tool(Some(&self.admin()), arguments);
        assert_eq!(code, Some(0), "{arguments:?}: {said}");
    }

    /// Loads the sample record.
    pub(crate) fn load_sample(&self) {
        let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/crates/cli/sample");
        let mut files: Vec<_> = std::fs::read_dir(folder)
            .unwrap()
            .map(|entry| entry.unwrap().path())
            .filter(|path| path.extension().is_some_and(|e| e == "ndjson"))
            .collect();
        files.sort();
        let files = files.iter().map(|path| path.to_str().unwrap());
        self.admin_does(&["load"].into_iter().chain(files).collect::<Vec<_>>());
    }

    /// A key of somebody with one role in one dialogue.
    pub(crate) async fn key(
        &self,
        caller: &str,
        role: Role,
        dialogue: &str,
        party: &str,
    ) -> String {
        let mut access = AccessServiceClient::new(channel(&self.gateway.address));
        let grant = Grant {
            caller: caller.into(),
            role: role.into(),
            dialogue: dialogue.into(),
            party: party.into(),
            ..Grant::default()
        };
        let grant = CreateGrantRequest {
            grant: Some(grant),
            ..Default::default()
        };
        access
            .create_grant(bearing(grant, &self.admin()))
            .await
            .unwrap();
        let key = Key {
            caller: caller.into(),
            ..Key::default()
        };
        let key = CreateKeyRequest {
            key: Some(key),
            ..Default::default()
        };
        let made = access.create_key(bearing(key, &self.admin())).await;
        made.unwrap().into_inner().secret
    }
}

pub(crate) fn bearing<T>(message: T, token: &str) -> Request<T> {
    let mut request = Request::new(message);
    let credential = format!("Bearer {token}").parse().unwrap();
    request.metadata_mut().insert("authorization", credential);
    request
}
