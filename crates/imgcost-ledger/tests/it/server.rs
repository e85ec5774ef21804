//! A real PostgreSQL server, made for a test and thrown away.

#![allow(dead_code, unreachable_pub)]

use std::fs;
use std::io::Write;
use std::net::TcpListener;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};
use std::sync::{Mutex, OnceLock};

use imgcost_ledger::{Budget, Cap, Ledger, NanoUsd, NewHold, PostgresLedger, PostgresOptions, Window, audit};

const OLDEST: u32 = 15;
/// The superuser's password over TCP, with characters that an address must escape.
pub const PASSWORD: &str = "se/cr@t %1";
pub const ESCAPED: &str = "se%2Fcr%40t%20%251";

/// A server in a folder of its own. It is stopped and its folder removed when it is dropped,
/// and also when the test process ends in any other way.
pub struct Server {
    folder: PathBuf,
    programs: PathBuf,
    port: u16,
    settings: Vec<String>,
    /// Its end of input tells the watcher to clean up.
    watcher: Mutex<Child>,
}

/// The server that the tests of one binary share, each in its own schema.
pub fn shared() -> &'static Server {
    static SERVER: OnceLock<Server> = OnceLock::new();
    SERVER.get_or_init(|| Server::start(&["fsync=off"]))
}

impl Server {
    pub fn start(settings: &[&str]) -> Server {
        let programs = programs();
        let folder =
            tempfile::Builder::new().prefix("imgcost-pg-").tempdir_in(std::env::temp_dir()).unwrap().keep();
        fs::set_permissions(&folder, fs::Permissions::from_mode(0o755)).unwrap();
        certificates(&folder);
        fs::write(folder.join("password"), PASSWORD).unwrap();
        if is_root() {
            done(Command::new("chown").arg("-R").arg("nobody").arg(&folder));
        }
        let watcher = watcher(&folder);
        let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
        let settings = settings.iter().map(|setting| (*setting).to_owned()).collect();
        let server = Server { folder, programs, port, settings, watcher: Mutex::new(watcher) };
        done(server.command("initdb").args(["-N", "-E", "UTF8", "--locale=C", "-U", "postgres", "-D"]).args(
            [
                server.data().display().to_string(),
                format!("--pwfile={}", server.folder.join("password").display()),
                "--auth-local=trust".to_owned(),
                "--auth-host=scram-sha-256".to_owned(),
            ],
        ));
        server.up();
        server
    }

    /// Starts it, also again.
    pub fn up(&self) {
        let folder = self.folder.display();
        let mut options = format!(
            "-k {folder} -p {} -c listen_addresses=127.0.0.1 -c max_connections=200 -c ssl=on \
             -c ssl_cert_file={folder}/server.pem -c ssl_key_file={folder}/server.key",
            self.port
        );
        for setting in &self.settings {
            options.push_str(&format!(" -c {setting}"));
        }
        let log = self.folder.join("log");
        let mut command = self.command("pg_ctl");
        command.args(["-w", "-t", "60", "-s", "-l"]).arg(&log).arg("-D").arg(self.data());
        let status = command.arg("-o").arg(options).arg("start").status().unwrap();
        assert!(status.success(), "{}", fs::read_to_string(log).unwrap_or_default());
    }

    /// Stops it as a crash would: nothing is written any more.
    pub fn crash(&self) {
        done(self.command("pg_ctl").args(["-s", "-w", "-m", "immediate", "stop", "-D"]).arg(self.data()));
    }

    /// By the Unix socket, which asks for no password.
    pub fn address(&self) -> String {
        self.address_of("postgres")
    }

    pub fn address_of(&self, user: &str) -> String {
        let folder = self.folder.display().to_string().replace('/', "%2F");
        format!("postgresql://{user}@{folder}:{}/postgres", self.port)
    }

    /// By TCP, with the rest of the address.
    pub fn tcp(&self, password: &str, host: &str, query: &str) -> String {
        format!("postgresql://postgres:{password}@{host}:{}/postgres?{query}", self.port)
    }

    /// A file beside the data: `ca.pem`, `other.pem`.
    pub fn file(&self, name: &str) -> PathBuf {
        self.folder.join(name)
    }

    pub fn options(schema: &str) -> PostgresOptions {
        PostgresOptions::new().schema(schema)
    }

    /// A ledger in a new schema.
    pub fn ledger(&self, schema: &str) -> PostgresLedger {
        Server::options(schema).connect(&self.address()).unwrap()
    }

    /// What psql prints for some SQL, rows only.
    pub fn sql(&self, sql: &str) -> String {
        let output = self.psql(sql);
        assert!(output.status.success(), "{sql}: {}", String::from_utf8_lossy(&output.stderr));
        String::from_utf8(output.stdout).unwrap().trim().to_owned()
    }

    pub fn psql(&self, sql: &str) -> Output {
        self.psql_command(sql).output().unwrap()
    }

    fn psql_command(&self, sql: &str) -> Command {
        let mut command = Command::new(self.programs.join("psql"));
        command.args(["-qXAt", "-v", "ON_ERROR_STOP=1", "-U", "postgres", "-d", "postgres", "-h"]);
        command.arg(&self.folder).args(["-p", &self.port.to_string(), "-c", sql]);
        command
    }

    /// A session of its own that has locked something, and keeps it until it is dropped.
    pub fn keep(&self, lock: &'static str) -> Kept<'_> {
        let mut command = self.psql_command(&format!("BEGIN; {lock}; SELECT pg_sleep(3600)"));
        let session = command.stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
        let kept = Kept { server: self, lock, session };
        while self.sql(&format!("SELECT count(*) {}", kept.sleeping())) != "1" {
            std::thread::sleep(std::time::Duration::from_millis(10));
        }
        kept
    }

    pub fn program(&self, name: &str) -> PathBuf {
        self.programs.join(name)
    }

    pub fn socket(&self) -> (&Path, u16) {
        (&self.folder, self.port)
    }

    fn data(&self) -> PathBuf {
        self.folder.join("data")
    }

    /// One of its programs, as a user other than root: they refuse to be run by root.
    fn command(&self, name: &str) -> Command {
        let program = self.programs.join(name);
        let mut command = if is_root() {
            let mut command = Command::new("setpriv");
            command.args(["--reuid=nobody", "--clear-groups", "--"]).arg(program);
            command
        } else {
            Command::new(program)
        };
        // A server that lives on must not hold the streams that the test runner waits for.
        command.current_dir("/").stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
        command
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let watcher = self.watcher.get_mut().unwrap();
        drop(watcher.stdin.take());
        let _ = watcher.wait();
    }
}

/// A lock that another session keeps.
pub struct Kept<'s> {
    server: &'s Server,
    lock: &'static str,
    session: Child,
}

impl Kept<'_> {
    /// The session, found by what it locked.
    fn sleeping(&self) -> String {
        format!("FROM pg_stat_activity WHERE wait_event = 'PgSleep' AND strpos(query, '{}') > 0", self.lock)
    }
}

impl Drop for Kept<'_> {
    fn drop(&mut self) {
        let end = format!("SELECT pg_terminate_backend(pid) {}", self.sleeping());
        // Its locks are free once the server no longer lists it.
        while self.server.psql(&end).stdout == b"t\n" {
            std::thread::sleep(std::time::Duration::from_millis(10));
        }
        let _ = self.session.wait();
    }
}

fn is_root() -> bool {
    let output = Command::new("id").arg("-u").output().unwrap();
    output.stdout == b"0\n"
}

fn done(command: &mut Command) {
    let status = command.status().unwrap();
    assert!(status.success(), "{command:?}: {status}");
}

/// Waits until its input ends, then stops the server and removes its folder.
fn watcher(folder: &Path) -> Child {
    let script = "read -r line\n\
        if [ -f data/postmaster.pid ]; then\n\
            pid=$(head -n 1 data/postmaster.pid)\n\
            kill -QUIT \"$pid\"\n\
            for wait in 1 2 3 4 5 6 7 8 9 10; do kill -0 \"$pid\" 2>/dev/null || break; sleep 0.1; done\n\
        fi\n\
        cd / && rm -rf \"$1\"";
    let mut command = Command::new("sh");
    command.args(["-c", script, "sh"]).arg(folder).current_dir(folder);
    command.stdin(Stdio::piped()).stdout(Stdio::null()).stderr(Stdio::null());
    command.spawn().unwrap()
}

/// The folder with initdb: the order is the one in scripts/postgres-for-tests.
fn programs() -> PathBuf {
    let mut folders: Vec<PathBuf> = Vec::new();
    if let Ok(output) = Command::new("pg_config").arg("--bindir").output() {
        folders.push(String::from_utf8_lossy(&output.stdout).trim().into());
    }
    let installed = fs::read_dir("/usr/lib/postgresql").into_iter().flatten().flatten();
    let mut installed: Vec<PathBuf> = installed.map(|entry| entry.path().join("bin")).collect();
    installed.sort();
    folders.extend(installed.into_iter().rev());
    folders.extend(std::env::split_paths(&std::env::var_os("PATH").unwrap_or_default()));
    let fits = |folder: &PathBuf| {
        let is_there = |name: &str| folder.join(name).is_file();
        is_there("initdb") && is_there("pg_ctl") && version(folder) >= OLDEST
    };
    folders.into_iter().find(fits).unwrap_or_else(|| {
        panic!("PostgreSQL {OLDEST} or later is needed for these tests: run scripts/postgres-for-tests")
    })
}

fn version(folder: &Path) -> u32 {
    let output = Command::new(folder.join("postgres")).arg("--version").output();
    let words = output.map(|output| String::from_utf8_lossy(&output.stdout).into_owned()).unwrap_or_default();
    let number = words.trim_start_matches(|c: char| !c.is_ascii_digit());
    let digits: String = number.chars().take_while(char::is_ascii_digit).collect();
    digits.parse().unwrap_or(0)
}

/// An authority, a certificate by it for `localhost` and `images.example`, and an authority that has made none.
fn certificates(folder: &Path) {
    let openssl = |arguments: &[&str]| {
        let mut command = Command::new("openssl");
        command.args(arguments).current_dir(folder);
        done(command.stdout(Stdio::null()).stderr(Stdio::null()));
    };
    for (name, subject) in [("ca", "/CN=the authority"), ("other", "/CN=another authority")] {
        let (key, certificate) = (format!("{name}.key"), format!("{name}.pem"));
        openssl(&[
            "req",
            "-x509",
            "-newkey",
            "ec",
            "-pkeyopt",
            "ec_paramgen_curve:prime256v1",
            "-nodes",
            "-days",
            "2",
            "-subj",
            subject,
            "-keyout",
            &key,
            "-out",
            &certificate,
        ]);
    }
    openssl(&[
        "req",
        "-newkey",
        "ec",
        "-pkeyopt",
        "ec_paramgen_curve:prime256v1",
        "-nodes",
        "-subj",
        "/CN=localhost",
        "-keyout",
        "server.key",
        "-out",
        "server.csr",
    ]);
    let mut extensions = fs::File::create(folder.join("server.ext")).unwrap();
    extensions
        .write_all(b"subjectAltName=DNS:localhost,DNS:images.example\nbasicConstraints=CA:FALSE\n")
        .unwrap();
    openssl(&[
        "x509",
        "-req",
        "-in",
        "server.csr",
        "-CA",
        "ca.pem",
        "-CAkey",
        "ca.key",
        "-CAcreateserial",
        "-days",
        "2",
        "-extfile",
        "server.ext",
        "-out",
        "server.pem",
    ]);
    fs::set_permissions(folder.join("server.key"), fs::Permissions::from_mode(0o600)).unwrap();
}

/// A request to hold so many nano-dollars.
pub fn new_hold(scope: &str, nano: u64) -> NewHold {
    NewHold::new(scope.parse().unwrap(), NanoUsd::new(nano).unwrap(), "test").quote("q_1", "b_1")
}

/// A budget of so many nano-dollars.
pub fn budget(scope: &str, window: Window, nano: u64) -> Budget {
    Budget::new(scope.parse().unwrap(), window, Cap::Usd(NanoUsd::new(nano).unwrap()))
}

/// That the books balance, and what is used of the only budget of a scope.
pub fn balanced(ledger: &PostgresLedger, scope: &str) -> u64 {
    let found = audit(ledger).unwrap();
    assert_eq!(found.problems, Vec::<String>::new());
    let status = ledger.status(Some(&scope.parse().unwrap())).unwrap();
    status.first().unwrap().sums.used().nano()
}
