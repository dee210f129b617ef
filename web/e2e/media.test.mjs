// The canvas of flows: parted, joined again by dragging, reviewed and sent. The node is a page of its own that speaks the published
// wire over a WebSocket, so what it heard is what the canvas sent.
import assert from 'node:assert/strict';
import { after, before } from 'node:test';
import { baseUrl, launchFresh, openPage, test, withSignedIn } from './browser.mjs';

let browser;
before(async () => { browser = await launchFresh(); });
after(async () => { await browser?.close(); });

async function call(page, method, path, body) {
  return await page.evaluate(async ([m, p, b]) => {
    const token = /(?:^|;\s*)csrf_token=([^;]+)/.exec(document.cookie)?.[1] ?? '';
    const reply = await fetch(p, { method: m, headers: { 'X-CSRF-Token': token, ...(b ? { 'Content-Type': 'application/json' } : {}) }, ...(b ? { body: JSON.stringify(b) } : {}) });
    const text = await reply.text();
    return { status: reply.status, body: text === '' ? null : JSON.parse(text) };
  }, [method, path, body]);
}

/** Lets a page be an edge of the current generation with one flow from one input to one output. */
async function beNode(page, token) {
  await page.goto(`${baseUrl}/login`);
  return await page.evaluate((registration_token) => new Promise((resolve) => {
    const node = { heard: [], config: { version: 2, inputs: [{ id: 'in1', name: 'Camera', type: 'udp', bind_addr: '0.0.0.0:5000' }], outputs: [{ id: 'out1', name: 'Studio', type: 'udp', dest_addr: '10.0.0.9:6000' }], flows: [{ id: 'f1', name: 'Main', enabled: true, input_ids: ['in1'], output_ids: ['out1'] }], tunnels: [] } };
    window.mediaNode = node;
    const socket = new WebSocket(`${location.protocol === 'https:' ? 'wss' : 'ws'}://${location.host}/ws/node`);
    const say = (type, payload) => socket.send(JSON.stringify({ type, payload }));
    const flow = { flow_id: 'f1', flow_name: 'Main', state: 'Running', health: 'Healthy', input: { input_type: 'udp', bitrate_bps: 2e6 }, outputs: [] };
    socket.onopen = () => say('auth', { registration_token, software_version: '1.0', protocol_version: 4 });
    socket.onmessage = (m) => {
      const frame = JSON.parse(m.data);
      if (frame.type === 'register_ack') { say('health', { status: 'ok', version: '1.0' }); setInterval(() => say('stats', { flows: [flow], uptime_secs: 1 }), 1000); resolve('registered'); }
      if (frame.type !== 'command') return;
      const { action, command_id } = frame.payload;
      if (action.type === 'get_config') { say('config_response', node.config); return; }
      node.heard.push(action);
      if (action.type === 'update_flow') node.config.flows = node.config.flows.map((f) => (f.id === action.flow_id ? { ...f, ...action.flow } : f));
      if (action.type === 'delete_output') node.config.outputs = node.config.outputs.filter((o) => o.id !== action.output_id);
      say('command_ack', { command_id, success: true });
    };
    socket.onerror = () => resolve('refused');
  }), token);
}

test('output_is_parted_on_the_canvas_joined_again_by_dragging_and_gone_from_the_node_once_it_was_sent', async () => {
  const { context: nodeContext, page: nodePage } = await openPage(browser);
  await withSignedIn(browser, async (page) => {
    // What people and nodes write is shown, never run.
    const name = `canvas <img src=x onerror="window.struck=1"> ${Date.now()}`;
    const made = (await call(page, 'POST', '/api/v1/nodes', { name })).body;
    try {
      assert.equal(await beNode(nodePage, made.registration_token), 'registered');
      const heard = () => nodePage.evaluate(() => window.mediaNode.heard.map((a) => a.type));
      const part = page.getByRole('button', { name: 'Part Studio from Main' });
      await page.goto(`${baseUrl}/media/nodes/${made.id}?view=canvas`);
      await part.click();
      await page.getByRole('heading', { name }).waitFor();
      assert.equal(await page.evaluate(() => window.struck), undefined);
      await page.getByText('Joined to no flow').waitFor();
      await page.getByText('1 flow is changed').waitFor();

      const [from, to] = [await page.getByRole('button', { name: 'Join Studio to a flow' }).boundingBox(), await page.locator('[data-box][data-kind="flow"]').boundingBox()];
      await page.mouse.move(from.x + from.width / 2, from.y + from.height / 2);
      await page.mouse.down();
      await page.mouse.move(to.x + to.width / 2, to.y + to.height / 2, { steps: 8 });
      await page.mouse.up();
      await page.getByText('1 flow is changed').waitFor({ state: 'detached' });

      await part.click();
      await page.getByRole('button', { name: 'Review and send' }).click();
      await page.getByRole('dialog').getByText('Removed · Output').waitFor();
      // Nothing is sent before it was read.
      assert.deepEqual(await heard(), []);
      await page.getByRole('button', { name: 'Send to the node' }).click();
      await page.getByText('1 flow is on the node as you drew it.').first().waitFor();
      assert.deepEqual(await heard(), ['update_flow', 'delete_output']);
      await page.locator('[data-box]').filter({ hasText: 'Studio' }).waitFor({ state: 'detached' });
    } finally {
      await call(page, 'DELETE', `/api/v1/nodes/${made.id}`);
    }
  });
  await nodeContext.close();
});

test('charts_that_could_not_be_asked_for_say_so_and_come_by_a_click', async () => {
  await withSignedIn(browser, async (page) => {
    const made = (await call(page, 'POST', '/api/v1/nodes', { name: `charts ${Date.now()}` })).body;
    try {
      const names = '**/api/metrics/available';
      await page.route(names, (route) => route.fulfill({ status: 503, contentType: 'application/json', body: '{"error":"The metrics are being moved"}' }));
      await page.goto(`${baseUrl}/media/nodes/${made.id}/resources`);
      await page.getByRole('alert').getByText('The metrics are being moved').waitFor();
      assert.equal(await page.getByText('No figures yet').count(), 0);
      await page.unroute(names);
      await page.getByRole('alert').getByRole('button', { name: 'Retry' }).click();
      await page.getByText('No figures yet').waitFor();
    } finally {
      await call(page, 'DELETE', `/api/v1/nodes/${made.id}`);
    }
  });
});
