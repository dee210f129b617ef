//! Tests that are run with each row of their data: made, changed, removed, run. The rows are read when a run is asked for and
//! go with it, so that what is changed later changes no run.

use std::time::Duration;

use argos_audit::{Category, Entry};
use argos_identity::{Project, ProjectAccess};
use argos_kernel::{AppError, Result, Secret, Timestamp, Uid};
use argos_store::{ForeignDatabase, ForeignLimits};
use argos_web::{OpCx, Req};
use argos_webtest::sets::{ParameterSet, ROWS_BYTES_MAX, ROWS_MAX, bounded, bytes_of};
use argos_webtest::{ApiRequest, HttpClient};
use serde_json::{Map, Value, json};

use super::preferred::note;
use super::runs::NewRun;
use super::tests::fault;
use crate::browser::guard::Reach;
use crate::model::data_source::{ALLOWED, EnvSource, api_of, database_of, env_of, may_read};
use crate::model::data_test::{DataDocument, DataTest, Mode, StoredSet, file_of, read_rows};
use crate::model::run::{DataRun, Run, Wanted};
use crate::model::settings::allowed_hosts;
use crate::service::Testing;
use crate::store::{data_tests, files};

/// Where a run keeps the id of the test whose rows it runs.
pub(crate) const DATA_TEST: &str = "data_test_id";
/// Most that is read of a file of rows.
const FILE_BYTES_MAX: u64 = 5 << 20;
/// How long an address may take that is asked for rows.
const API_TIMEOUT: Duration = Duration::from_secs(10);
/// Who lets tests ask an address for their rows.
pub(crate) const ASKS: &str = "integration:configure";

fn not_found() -> AppError {
    AppError::not_found("Parameterized test not found")
}

/// How the rows of a test are run.
pub(crate) struct DataWanted {
    pub(crate) app_url: String,
    pub(crate) environment: String,
    pub(crate) trigger: String,
    pub(crate) mode: Mode,
    pub(crate) max_parallel: u32,
    pub(crate) timeout_ms: u64,
    pub(crate) stop_on_failure: bool,
    pub(crate) retries: u32,
}

impl Testing {
    /// A test the caller may see; the permission of the route is judged in its project.
    pub(crate) async fn data_test_named(&self, req: &Req, text: &str) -> Result<(DataTest, ProjectAccess)> {
        let uid: Uid = text.parse().map_err(|_| not_found())?;
        let test = data_tests::find(&self.platform.store.state, uid).await?.ok_or_else(not_found)?;
        let project = self.platform.identity.project_named(req, &test.project_id.to_string()).await.map_err(|_| not_found())?;
        project.require(req.cx().rule().permission())?;
        Ok((test, project))
    }

    pub(crate) async fn create_data_test(&self, cx: &OpCx, project: &Project, body: &Map<String, Value>) -> Result<DataTest> {
        let document = DataDocument::default().apply(body).map_err(AppError::invalid)?;
        let (uid, now) = (Uid::mint(&**cx.clock(), &**cx.rng()), cx.now());
        let mut test = DataTest {
            id: 0,
            uid,
            organization_id: project.organization_id,
            project_id: project.id,
            project_uid: project.uid,
            document,
            created_by: cx.caller.username.clone(),
            created_at: now,
            updated_at: now,
        };
        let mut change = self.platform.audit.begin(&cx.actor()).await?;
        test.id = data_tests::insert(&mut change, &test).await?;
        change
            .commit(entry("parameterized_test.create", &test).describe(format!("Parameterized test {} made", test.document.name)))
            .await?;
        Ok(test)
    }

    /// 409 when somebody else changed it meanwhile.
    pub(crate) async fn change_data_test(&self, cx: &OpCx, test: &DataTest, body: &Map<String, Value>) -> Result<DataTest> {
        let document = test.document.apply(body).map_err(AppError::invalid)?;
        let new = DataTest { document, updated_at: cx.now().max(Timestamp::from_micros(test.updated_at.micros() + 1)), ..test.clone() };
        let mut change = self.platform.audit.begin(&cx.actor()).await?;
        if !data_tests::update(&mut change, test, &new).await? {
            return Err(AppError::conflict("The test was changed meanwhile").code("stale_version"));
        }
        change
            .commit(entry("parameterized_test.update", &new).describe(format!("Parameterized test {} changed", new.document.name)))
            .await?;
        Ok(new)
    }

    pub(crate) async fn delete_data_test(&self, cx: &OpCx, test: &DataTest) -> Result<()> {
        let mut change = self.platform.audit.begin(&cx.actor()).await?;
        if !data_tests::delete(&mut change, test.id).await? {
            return Err(not_found());
        }
        change.commit(entry("parameterized_test.delete", test).describe(format!("Parameterized test {} deleted", test.document.name))).await
    }

    /// Adds a row that is kept with the test.
    pub(crate) async fn add_parameter_set(&self, cx: &OpCx, test: &DataTest, set: ParameterSet) -> Result<StoredSet> {
        let mut change = self.platform.audit.begin(&cx.actor()).await?;
        let place = data_tests::next_set(&mut change, test.id).await?;
        let order_index = place.order_index;
        let size = |n: i64| usize::try_from(n).unwrap_or(usize::MAX);
        if size(place.count) >= ROWS_MAX {
            return Err(fault("values", format!("a test has at most {ROWS_MAX} parameter sets")));
        }
        if size(place.length).saturating_add(bytes_of(std::slice::from_ref(&set))) > ROWS_BYTES_MAX {
            return Err(fault("values", format!("the parameter sets of a test have at most {} MiB", ROWS_BYTES_MAX >> 20)));
        }
        let name = if set.name.trim().is_empty() { format!("row {}", order_index + 1) } else { set.name };
        let uid = Uid::mint(&**cx.clock(), &**cx.rng());
        let new = StoredSet { uid, set: ParameterSet { id: Some(uid.to_string()), name, ..set }, order_index, created_at: cx.now() };
        data_tests::insert_set(&mut change, test.id, &new).await?;
        let words = format!("Parameter set {} of {} added", new.set.name, test.document.name);
        change.commit(entry("parameterized_test.set.add", test).describe(words)).await?;
        Ok(new)
    }

    pub(crate) async fn clear_parameter_sets(&self, cx: &OpCx, test: &DataTest) -> Result<()> {
        let mut change = self.platform.audit.begin(&cx.actor()).await?;
        data_tests::clear_sets(&mut change, test.id).await?;
        let words = format!("Parameter sets of {} removed", test.document.name);
        change.commit(entry("parameterized_test.set.clear", test).describe(words)).await
    }

    /// The rows of a test: those kept with it, then those of its source.
    pub(crate) async fn rows_of(&self, test: &DataTest) -> Result<Vec<ParameterSet>> {
        let kept = data_tests::sets(&self.platform.store.state, test.id).await?;
        let d = &test.document;
        let source = self.rows_of_source(&d.data_source_type, &d.data_source_config, Some(test.project_id)).await?;
        bounded(kept.into_iter().map(|stored| stored.set).chain(source).collect()).map_err(|why| fault("data_source_config", why))
    }

    /// The rows of a source. A file is one of the project; its name is looked up and never a way into a directory.
    pub(crate) async fn rows_of_source(&self, kind: &str, config: &Map<String, Value>, project: Option<i64>) -> Result<Vec<ParameterSet>> {
        let invalid = |f| AppError::invalid(vec![f]);
        match kind {
            "env" => return self.rows_of_env(config),
            "api" => return self.rows_of_api(config, project).await,
            "database" => return self.rows_of_database(config, project).await,
            _ => {}
        }
        let Some(name) = file_of(kind, config) else { return read_rows(kind, config, None).map_err(invalid) };
        let Some(project) = project else {
            return Err(fault("data_source_config", "data_source_config.file is a file of a project: name the project"));
        };
        let all = files::contents(&self.platform.store.state, project).await?;
        let absent = || fault("data_source_config", format!("data_source_config.file: the project has no file {name}"));
        let (_, sha256) = all.into_iter().find(|(known, _)| known == name).ok_or_else(absent)?;
        let path = self.file_of(&sha256);
        let size = tokio::fs::metadata(&path).await.map_err(AppError::internal)?.len();
        if size > FILE_BYTES_MAX {
            return Err(fault("data_source_config", format!("data_source_config.file has more than {} MiB", FILE_BYTES_MAX >> 20)));
        }
        let bytes = tokio::fs::read(&path).await.map_err(AppError::internal)?;
        let text = String::from_utf8(bytes).map_err(|_| fault("data_source_config", "data_source_config.file is no UTF-8 text"))?;
        read_rows(kind, config, Some(&text)).map_err(invalid)
    }

    /// The rows that variables of this server give, as far as `test_env_allow` names them.
    fn rows_of_env(&self, config: &Map<String, Value>) -> Result<Vec<ParameterSet>> {
        let invalid = |f| AppError::invalid(vec![f]);
        let allowed = self.settings().boot().list(ALLOWED);
        // Read here and not from the settings: they are for tests and not ours.
        let read = |name: &String| match std::env::var_os(name).filter(|_| may_read(name, &allowed)) {
            Some(value) => Ok(value.to_string_lossy().into_owned()),
            // Whether one is set that must not be read is not told.
            None => Err(fault("data_source_config", format!("data_source_config: there is no variable {name} that tests may read"))),
        };
        match env_of(config).map_err(invalid)? {
            EnvSource::Rows { name, format } => read_rows(&format, config, Some(&read(&name)?)).map_err(invalid),
            EnvSource::Row(names) => {
                let values: Map<String, Value> = names.iter().map(|n| Ok((n.clone(), Value::from(read(n)?)))).collect::<Result<_>>()?;
                let mut own = config.clone();
                own.insert("rows".to_owned(), json!([{ "name": "environment", "values": values }]));
                read_rows("inline", &own, None).map_err(invalid)
            }
        }
    }

    /// The rows an address answers with, which the rules for the browsers of the project judge.
    async fn rows_of_api(&self, config: &Map<String, Value>, project: Option<i64>) -> Result<Vec<ParameterSet>> {
        let invalid = |f| AppError::invalid(vec![f]);
        let asked = api_of(config).map_err(invalid)?;
        let hosts = match project {
            None => Vec::new(),
            Some(id) => match self.platform.identity.project_by_id(id).await? {
                Some(project) => allowed_hosts(&self.platform.identity.project_values(&project).await?.settings),
                None => Vec::new(),
            },
        };
        let request = ApiRequest {
            method: "GET".to_owned(),
            url: asked.url,
            headers: asked.headers.into_iter().collect(),
            body: None,
            timeout: API_TIMEOUT,
        };
        let refused = |why: String| fault("data_source_config", format!("data_source_config.url: {why}"));
        let answer = Reach::of(self, &hosts).await?.request(request).await.map_err(refused)?;
        if answer.status != 200 {
            return Err(refused(format!("the address answered {}", answer.status)));
        }
        if answer.body.len() as u64 > FILE_BYTES_MAX {
            return Err(refused(format!("the answer has more than {} MiB", FILE_BYTES_MAX >> 20)));
        }
        let text = String::from_utf8(answer.body).map_err(|_| refused("the answer is no UTF-8 text".to_owned()))?;
        read_rows("api", config, Some(&text)).map_err(invalid)
    }

    /// The rows a query reads from a database, which the rules for addresses outside judge. Its address is a secret of the project.
    async fn rows_of_database(&self, config: &Map<String, Value>, project: Option<i64>) -> Result<Vec<ParameterSet>> {
        let invalid = |f| AppError::invalid(vec![f]);
        let refused = |why: String| fault("data_source_config", format!("data_source_config: {why}"));
        let asked = database_of(config).map_err(invalid)?;
        let project = match project {
            Some(id) => self.platform.identity.project_by_id(id).await?,
            None => None,
        };
        let project = project.ok_or_else(|| refused("a database is asked for a project: name the project".to_owned()))?;
        let values = self.platform.identity.project_values(&project).await?;
        let absent = || refused(format!("the project has no secret {}", asked.secret));
        let address = values.secrets.reveal().get("secrets").and_then(|s| s.get(&asked.secret)?.as_str()).ok_or_else(absent)?;
        let named = |why: &str| refused(format!("the secret {}: {why}", asked.secret));
        let database = ForeignDatabase::parse(&Secret::new(address.to_owned())).map_err(named)?;
        let (host, port) = database.place();
        let reach = Reach::of(self, &allowed_hosts(&values.settings)).await?;
        let stream = reach.dial(host, port).await.map_err(|e| refused(e.to_string()))?;
        let limits = ForeignLimits { rows: ROWS_MAX, bytes: usize::try_from(FILE_BYTES_MAX).unwrap_or(usize::MAX), time: API_TIMEOUT };
        let text = database.rows(stream, &asked.query, limits).await.map_err(refused)?;
        read_rows("database", config, Some(&text)).map_err(invalid)
    }

    /// Queues a run of a test with these rows.
    pub(crate) async fn start_data_run(
        &self,
        cx: &OpCx,
        project: Project,
        test: Option<&DataTest>,
        (name, definition): (String, Map<String, Value>),
        rows: Vec<ParameterSet>,
        wanted: DataWanted,
    ) -> Result<Run> {
        let known = |set: ParameterSet| {
            let id = set.id.filter(|id| id.parse::<Uid>().is_ok()).unwrap_or_else(|| Uid::mint(&**cx.clock(), &**cx.rng()).to_string());
            ParameterSet { id: Some(id), ..set }
        };
        let sets: Vec<ParameterSet> = rows.into_iter().map(known).collect();
        if sets.iter().all(|set| set.skip) {
            return Err(AppError::bad_request("There is no row to run the test with").code("nothing_selected"));
        }
        let mut ci_metadata = Map::new();
        ci_metadata.insert(DATA_TEST.to_owned(), test.map_or(Value::Null, |test| Value::from(test.uid.to_string())));
        let own = self.preferred(cx, &project, None).await?;
        note(&mut ci_metadata, own.warning);
        let new = NewRun {
            project,
            tests: Vec::new(),
            single: test.map(|test| test.uid),
            name: name.clone(),
            trigger: wanted.trigger,
            app_url: wanted.app_url,
            environment: wanted.environment,
            browser: "chromium".to_owned(),
            wanted: Wanted {
                test_ids: sets.iter().filter_map(|set| set.id.clone()).collect(),
                parallel: Some(if wanted.mode == Mode::Parallel { wanted.max_parallel } else { 1 }),
                fail_fast: wanted.stop_on_failure || wanted.mode == Mode::FirstFailure,
                timeout_ms: Some(wanted.timeout_ms),
                retries: Some(wanted.retries),
                own_step_timeout_ms: own.step_timeout_ms,
                data: Some(DataRun { name, definition, sets, random: wanted.mode == Mode::Random }),
                ..Wanted::default()
            },
            ci_metadata,
        };
        self.start_run(cx, new).await
    }
}

fn entry(action: &'static str, test: &DataTest) -> Entry {
    let d = &test.document;
    let after = json!({ "name": d.name, "data_source_type": d.data_source_type, "iteration_mode": d.iteration_mode });
    Entry::new(action, Category::Data).organization(test.organization_id).target("parameterized_test", test.uid).after(after)
}
