//! A run of a plan and its steps as they are stored. Pure.

use argos_kernel::Timestamp;

use super::plan::{PlanBody, Step};

macro_rules! words {
    ($(#[$doc:meta])* $name:ident { $($(#[$vdoc:meta])* $variant:ident = $word:literal),+ $(,)? }) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize, schemars::JsonSchema)]
        #[serde(rename_all = "snake_case")]
        pub enum $name { $($(#[$vdoc])* $variant),+ }

        impl $name {
            pub const fn as_str(self) -> &'static str {
                match self { $(Self::$variant => $word),+ }
            }
            pub fn parse(word: &str) -> Option<Self> {
                match word { $($word => Some(Self::$variant),)+ _ => None }
            }
        }
    };
}

words! {
    /// Whether a run acts.
    Mode {
        Real = "real",
        /// A trigger or a person started it, and the plan says to act on paper only.
        Dry = "dry",
        /// Reachability and credentials of every step.
        Test = "test",
    }
}

words! {
    /// Where a run stands.
    RunState {
        Running = "running",
        /// No way back but a restore.
        Final = "final",
        /// Every phase is over; it waits for the mains.
        Halted = "halted",
        /// The rest was skipped because the mains came back or somebody said so.
        Cancelled = "cancelled",
        /// A failed step ended it.
        Aborted = "aborted",
        Restoring = "restoring",
        Restored = "restored",
        /// A dry run or a test that is over.
        Done = "done",
        /// A later run of the same plan took its place.
        Superseded = "superseded",
    }
}

words! {
    /// Where a step stands.
    StepState {
        Pending = "pending",
        Running = "running",
        Done = "done",
        Failed = "failed",
        Skipped = "skipped",
    }
}

words! {
    /// Down or up again.
    Direction {
        Shutdown = "shutdown",
        Restore = "restore",
    }
}

impl RunState {
    /// Steps are at work.
    pub const fn is_busy(self) -> bool {
        matches!(self, Self::Running | Self::Final)
    }
    /// Hosts may be down because of it.
    pub const fn is_open(self) -> bool {
        matches!(self, Self::Running | Self::Final | Self::Restoring) || self.waits()
    }
    /// It is over, and its hosts may be started again.
    pub const fn waits(self) -> bool {
        matches!(self, Self::Halted | Self::Cancelled | Self::Aborted)
    }
}

/// A run.
#[derive(Clone, Debug, PartialEq)]
pub struct Run {
    pub id: i64,
    pub plan_id: i64,
    pub plan_uid: String,
    pub plan_name: String,
    pub mode: Mode,
    pub state: RunState,
    /// `manual`, `test`, or why a source was critical.
    pub trigger: String,
    pub reason: Option<String>,
    pub started_by: String,
    /// The plan as it was when the run began.
    pub body: PlanBody,
    pub secrets_enc: Option<String>,
    /// `power_return` or `operator`.
    pub stop: Option<String>,
    pub stop_by: Option<String>,
    /// A source ran on battery during this run: only then do returning mains mean anything.
    pub saw_battery: bool,
    /// Somebody asked for the restore.
    pub restore_wanted: bool,
    pub started_at: Timestamp,
    pub ended_at: Option<Timestamp>,
}

impl Run {
    /// Whether hosts come back by themselves once the mains are good.
    pub fn restores(&self) -> bool {
        let by_itself = self.body.restore.enabled && self.saw_battery && self.stop.as_deref() != Some("operator");
        self.state.waits() && self.mode == Mode::Real && (self.restore_wanted || by_itself)
    }
}

/// A step of a run.
#[derive(Clone, Debug, PartialEq)]
pub struct StepRow {
    pub id: i64,
    pub run_id: i64,
    pub direction: Direction,
    pub phase: i64,
    pub step_id: String,
    pub name: String,
    pub kind: String,
    pub target: String,
    pub command: String,
    pub share_key: Option<String>,
    /// The host was told to go, whatever became of it: it is one of those that come back.
    pub ordered: bool,
    pub state: StepState,
    pub attempts: i64,
    pub result: Option<String>,
    pub started_at: Option<Timestamp>,
    pub ended_at: Option<Timestamp>,
}

impl StepRow {
    /// A step that has not begun.
    pub fn pending(run_id: i64, direction: Direction, phase: i64, step: &Step) -> Self {
        let name = if step.name.is_empty() { step.action.target() } else { step.name.clone() };
        let command = match (direction, &step.restore) {
            (Direction::Restore, Some(wake)) => wake.command_text(),
            _ => step.action.command_text(),
        };
        Self {
            id: 0,
            run_id,
            direction,
            phase,
            step_id: step.id.clone(),
            name,
            kind: step.action.kind().to_owned(),
            target: step.action.target(),
            command,
            share_key: step.action.share_key().filter(|_| direction == Direction::Shutdown),
            ordered: false,
            state: StepState::Pending,
            attempts: 0,
            result: None,
            started_at: None,
            ended_at: None,
        }
    }

    pub const fn is_over(&self) -> bool {
        matches!(self.state, StepState::Done | StepState::Failed | StepState::Skipped)
    }
}
