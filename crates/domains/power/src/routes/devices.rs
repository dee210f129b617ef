//! Devices: list, get, create, change, replace all, remove; their variables and commands.

use std::collections::BTreeMap;

use argos_kernel::{AppError, FieldError, Result};
use argos_web::{Reply, Req, Routes};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};

use super::view::DeviceView;
use super::{Service, may_read};
use crate::actions::control::{Request, is_dangerous};
use crate::actions::devices::not_found;
use crate::model::device::Device;
use crate::store::devices;

pub(crate) fn routes(power: Service) -> Routes {
    Routes::new(power)
        .get("/api/devices", "power.list_devices", "Every device, by name.", list)
        .reply::<Vec<DeviceView>>()
        .param("type", "ups, pdu, sensor or host")
        .param("tag", "only devices with this tag")
        .post("/api/devices", "power.create_device", "Add a device.", create)
        .body::<DeviceBody>()
        .created::<DeviceView>()
        .put("/api/devices", "power.replace_devices", "Make these devices the only ones.", replace)
        .body::<Vec<DeviceBody>>()
        .reply::<Vec<DeviceView>>()
        .get("/api/devices/{device_id}", "power.get_device", "One device.", get)
        .reply::<DeviceView>()
        .put("/api/devices/{device_id}", "power.update_device", "Change a device; absent members stay.", update)
        .body::<DeviceBody>()
        .reply::<DeviceView>()
        .delete("/api/devices/{device_id}", "power.remove_device", "Remove a device; its history stays.", remove)
        .param("purge", "true: its history goes too")
        .param("force", "true: shutdown plans that use it are disarmed; otherwise they keep it (409)")
        .get("/api/devices/{device_id}/variables", "power.list_variables", "Everything the device says.", variables)
        .reply::<BTreeMap<String, VariableView>>()
        .put("/api/devices/{device_id}/variables/{name}", "power.set_variable", "Set a variable of the device.", set_variable)
        .body::<ValueBody>()
        .reply::<OutcomeView>()
        .get("/api/devices/{device_id}/commands", "power.list_commands", "What the device can be told to do.", commands)
        .reply::<Vec<CommandView>>()
        .post("/api/devices/{device_id}/commands", "power.run_command", "Tell the device to do something.", run_command)
        .body::<CommandBody>()
        .reply::<OutcomeView>()
        .delete("/api/devices/{device_id}/fsd", "power.clear_fsd", "End a forced shutdown once the mains are back.", clear_fsd)
        .done()
}

/// A device as a client writes it. Absent members keep what is stored; a blank secret keeps, null clears it.
#[derive(Deserialize, JsonSchema)]
struct DeviceBody {
    #[expect(dead_code, reason = "documents the body; its members are merged one by one")]
    #[serde(flatten)]
    members: Map<String, Value>,
}

#[derive(Serialize, JsonSchema)]
struct VariableView {
    value: String,
    writable: bool,
}

#[derive(Serialize, JsonSchema)]
struct CommandView {
    name: String,
    description: String,
    /// Needs `confirm` with the device's id.
    dangerous: bool,
}

#[derive(Deserialize, JsonSchema)]
struct ValueBody {
    value: String,
}

#[derive(Deserialize, JsonSchema)]
struct CommandBody {
    command: String,
    value: Option<String>,
    /// The device's id, for commands that can take power from somebody.
    confirm: Option<String>,
}

#[derive(Serialize, JsonSchema)]
struct OutcomeView {
    status: &'static str,
    /// The driver's own word; null when the server cannot say.
    tracking: Option<String>,
}

fn view(power: &Service, device: Device) -> DeviceView {
    let live = power.find_live(&device.id);
    DeviceView::of(power, device, live.as_ref())
}

async fn list(power: Service, req: Req) -> Result<Reply> {
    may_read(&power, &req)?;
    let (kind, tag) = (req.query().filled("type"), req.query().filled("tag"));
    let all = devices::list(&power.platform.store.state).await?;
    let wanted = |d: &Device| kind.is_none_or(|k| d.kind.as_str() == k) && tag.is_none_or(|t| d.tags.iter().any(|own| own == t));
    let views: Vec<DeviceView> = all.into_iter().filter(wanted).map(|d| view(&power, d)).collect();
    Ok(Reply::json(&views))
}

async fn get(power: Service, req: Req) -> Result<Reply> {
    may_read(&power, &req)?;
    let id = req.param("device_id");
    let found = devices::list(&power.platform.store.state).await?.into_iter().find(|d| d.id == id).ok_or_else(not_found)?;
    Ok(Reply::json(&view(&power, found)))
}

async fn object(req: &mut Req) -> Result<Map<String, Value>> {
    match req.json::<Value>().await? {
        Value::Object(map) => Ok(map),
        _ => Err(AppError::bad_request("A device must be an object.").code("invalid_body")),
    }
}

async fn create(power: Service, mut req: Req) -> Result<Reply> {
    let body = object(&mut req).await?;
    let device = power.create_device(&req.cx().actor(), &body).await?;
    Ok(Reply::created(&view(&power, device)))
}

async fn update(power: Service, mut req: Req) -> Result<Reply> {
    let body = object(&mut req).await?;
    let device = power.update_device(&req.cx().actor(), req.param("device_id"), &body).await?;
    Ok(Reply::json(&view(&power, device)))
}

async fn replace(power: Service, mut req: Req) -> Result<Reply> {
    let Value::Array(bodies) = req.json::<Value>().await? else {
        return Err(AppError::bad_request("A list of devices is expected.").code("invalid_body"));
    };
    let all = power.replace_devices(&req.cx().actor(), &bodies).await?;
    let views: Vec<DeviceView> = all.into_iter().map(|d| view(&power, d)).collect();
    Ok(Reply::json(&views))
}

async fn remove(power: Service, req: Req) -> Result<Reply> {
    power.remove_device(&req.cx().actor(), req.param("device_id"), req.query().flag("purge"), req.query().flag("force")).await?;
    Ok(Reply::no_content())
}

async fn variables(power: Service, req: Req) -> Result<Reply> {
    may_read(&power, &req)?;
    let live = power.find_live(req.param("device_id")).ok_or_else(not_found)?;
    let writable = |name: &String| live.details.as_ref().is_some_and(|d| d.writable.contains(name));
    let all: BTreeMap<&String, VariableView> =
        live.variables.iter().map(|(n, v)| (n, VariableView { value: v.clone(), writable: writable(n) })).collect();
    Ok(Reply::json(&all))
}

async fn commands(power: Service, req: Req) -> Result<Reply> {
    may_read(&power, &req)?;
    let live = power.find_live(req.param("device_id")).ok_or_else(not_found)?;
    let known = live.details.as_ref().map(|d| d.commands.as_slice()).unwrap_or_default();
    let of = |(name, description): &(String, String)| CommandView {
        name: name.clone(),
        description: description.clone(),
        dangerous: is_dangerous(name),
    };
    Ok(Reply::json(&known.iter().map(of).collect::<Vec<_>>()))
}

async fn set_variable(power: Service, mut req: Req) -> Result<Reply> {
    let body: ValueBody = req.json().await?;
    let name = req.param("name").to_owned();
    if !argos_nut::is_name(&name) {
        return Err(AppError::not_found("The device has no such variable."));
    }
    let request = Request::Set { name, value: body.value };
    let tracking = power.control(&req.cx().actor(), req.param("device_id"), &request).await?;
    Ok(Reply::json(&OutcomeView { status: "ok", tracking }))
}

async fn run_command(power: Service, mut req: Req) -> Result<Reply> {
    let body: CommandBody = req.json().await?;
    let id = req.param("device_id").to_owned();
    let live = power.find_live(&id).ok_or_else(not_found)?;
    let known = live.details.as_ref().is_some_and(|d| d.commands.iter().any(|(name, _)| *name == body.command));
    if !known {
        return Err(AppError::invalid(vec![FieldError::new("command", "the device knows no such command")]));
    }
    if is_dangerous(&body.command) && body.confirm.as_deref() != Some(id.as_str()) {
        let fault =
            FieldError::new("confirm", "this command can take power from what hangs on the device; confirm must be the device's id");
        return Err(AppError::invalid(vec![fault]).with("dangerous", json!(true)));
    }
    let request = Request::Run { command: body.command, value: body.value };
    let tracking = power.control(&req.cx().actor(), &id, &request).await?;
    Ok(Reply::json(&OutcomeView { status: "ok", tracking }))
}

async fn clear_fsd(power: Service, req: Req) -> Result<Reply> {
    power.clear_forced_shutdown(&req.cx().actor(), req.param("device_id")).await?;
    Ok(Reply::no_content())
}
