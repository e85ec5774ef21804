//! Whether the ledger answers.

use std::sync::Arc;
use std::time::{Duration, Instant};

use imgcost_ledger::{HoldId, Ledger};
use tokio::sync::Mutex;
use tokio::task::{JoinHandle, spawn_blocking};
use tokio::time::timeout;

/// How long an answer counts. Probes come as often as they like, and need no key.
const FRESH: Duration = Duration::from_secs(1);
/// How long the ledger may take.
const PATIENCE: Duration = Duration::from_secs(2);

/// Asks the ledger at most once at a time, and once a second.
#[derive(Default)]
pub(crate) struct Readiness(Mutex<Asked>);

#[derive(Default)]
struct Asked {
    last: Option<(Instant, bool)>,
    /// A question that had no answer in time.
    open: Option<JoinHandle<bool>>,
}

impl Readiness {
    pub(crate) async fn ledger_answers(&self, ledger: &Arc<dyn Ledger>) -> bool {
        let mut asked = self.0.lock().await;
        if let Some((at, answers)) = asked.last
            && at.elapsed() < FRESH
        {
            return answers;
        }
        let ledger = Arc::clone(ledger);
        // A hold that is not there: the least that a ledger can be asked for.
        let ask = || spawn_blocking(move || ledger.find(&HoldId::random()).is_ok());
        let mut open = asked.open.take().unwrap_or_else(ask);
        let answers = match timeout(PATIENCE, &mut open).await {
            Ok(answer) => answer.unwrap_or(false),
            Err(_) => {
                asked.open = Some(open);
                false
            }
        };
        asked.last = Some((Instant::now(), answers));
        answers
    }
}
