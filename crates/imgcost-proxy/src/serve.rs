//! `imgcost-proxy proxy`: serves until it is told to stop, and reads its configuration again on SIGHUP.

use std::process::ExitCode;
use std::sync::Arc;

use imgcost_proxy::config::Config;
use imgcost_proxy::{Live, Proxy, Server, SetupError};
use tokio::sync::watch;

use crate::args::ProxyArgs;
use crate::{STUCK, runtime};

/// It ended with calls whose cost nobody knows.
const PRESUMED: u8 = 4;

pub(crate) fn proxy(args: &ProxyArgs) -> Result<ExitCode, SetupError> {
    let config = args.config()?;
    let proxy = Arc::new(Proxy::new(&config, |_| {})?);
    let runtime = runtime()?;
    let code = runtime.block_on(serve(args, &config, proxy));
    runtime.shutdown_timeout(STUCK);
    Ok(code)
}

async fn serve(args: &ProxyArgs, config: &Config, proxy: Arc<Proxy>) -> ExitCode {
    let server = match Server::bind(config.listen, Arc::clone(&proxy)).await {
        Ok(server) => server,
        Err(error) => {
            eprintln!("imgcost: can't listen on {}: {error}", config.listen);
            return ExitCode::FAILURE;
        }
    };
    if let Ok(address) = server.address() {
        proxy.tell(&format!("listening on http://{address}"));
    }
    if let Some(address) = server.admin_address() {
        let to_all = if address.ip().is_loopback() { "" } else { ", for everybody who reaches it" };
        proxy.tell(&format!("status page and metrics on http://{address}{to_all}"));
    }
    drop(proxy);
    let live = server.live();
    let told = watch::Sender::new(0);
    let (mut once, mut twice) = (told.subscribe(), told.subscribe());
    tokio::spawn(signals(told, live, args.clone()));
    let stop = async move { drop(once.wait_for(|times| *times >= 1).await) };
    let at_once = async move { drop(twice.wait_for(|times| *times >= 2).await) };
    if server.run_until(stop, at_once).await == 0 { ExitCode::SUCCESS } else { ExitCode::from(PRESUMED) }
}

/// Counts how often it was told to stop, by ^C or SIGTERM; SIGHUP reads the configuration again.
#[cfg(unix)]
async fn signals(told: watch::Sender<u32>, live: Live, args: ProxyArgs) {
    use tokio::signal::unix::{SignalKind, signal};
    let all =
        (signal(SignalKind::interrupt()), signal(SignalKind::terminate()), signal(SignalKind::hangup()));
    let (Ok(mut interrupt), Ok(mut terminate), Ok(mut hangup)) = all else {
        return live.proxy().tell("no signals can be waited for: kill ends it");
    };
    loop {
        tokio::select! {
            _ = interrupt.recv() => told.send_modify(|times| *times += 1),
            _ = terminate.recv() => told.send_modify(|times| *times += 1),
            _ = hangup.recv() => {
                let (live, args) = (live.clone(), args.clone());
                // One after the other, and not while others wait for the thread.
                drop(tokio::task::spawn_blocking(move || reload(&live, &args)).await);
            }
        }
    }
}

/// Counts how often it was told to stop, by ^C.
#[cfg(not(unix))]
async fn signals(told: watch::Sender<u32>, _: Live, _: ProxyArgs) {
    while tokio::signal::ctrl_c().await.is_ok() {
        told.send_modify(|times| *times += 1);
    }
}

#[cfg(unix)]
fn reload(live: &Live, args: &ProxyArgs) {
    let proxy = live.proxy();
    match args.config().and_then(|config| live.reload(&config)) {
        Ok(later) if later.is_empty() => proxy.tell("the configuration was read again"),
        Ok(later) => {
            let later = later.join(", ");
            proxy.tell(&format!(
                "the configuration was read again; {later}: counts once the proxy is started again"
            ));
        }
        Err(error) => proxy.tell(&format!("the configuration stays as it was: {error}")),
    }
}
