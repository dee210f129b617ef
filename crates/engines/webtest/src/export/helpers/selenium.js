let limit = 10000;
let driver;
// The frames that were gone into, each as a way to it.
const frames = [];

const collapsed = (text) => (text ?? '').replace(/\s+/g, ' ').trim();
const pause = (ms) => new Promise((done) => setTimeout(done, ms));

async function findAll(way) {
  // Every look begins outside of the frames the one before went into.
  await driver.switchTo().defaultContent();
  let found = [driver];
  for (const [kind, what] of [...frames.flat(), ...way]) {
    const next = [];
    if (kind === 'nth') next.push(...found.slice(what, what === -1 ? undefined : what + 1));
    else if (kind === 'frame') {
      if (found.length > 0) { await driver.switchTo().frame(found[0]); next.push(driver); }
    } else {
      for (const one of found) {
        if (kind === 'css') next.push(...(await one.findElements(By.css(what))));
        else if (kind === 'xpath') next.push(...(await one.findElements(By.xpath(one === driver ? what.replace(/^\./, '') : what))));
        else if (kind === 'text') { if (collapsed(await one.getProperty('textContent')).toLowerCase().includes(collapsed(what).toLowerCase())) next.push(one); }
        else if (await one.isDisplayed()) next.push(one);
      }
    }
    found = next;
  }
  return found;
}

async function until(what, look) {
  const end = Date.now() + limit;
  for (;;) {
    let last;
    const found = await Promise.resolve().then(look).catch((error) => { last = error; return null; });
    if (found) return found;
    if (Date.now() > end) throw new Error(`${what} did not happen`, { cause: last });
    await pause(50);
  }
}

const one = (way) => until(`visible element ${JSON.stringify(way)}`, async () => {
  for (const element of await findAll(way)) if (await element.isDisplayed()) return element;
  return null;
});
const anyOf = (way) => until(`element ${JSON.stringify(way)}`, async () => (await findAll(way))[0]);

async function script(text, ...given) {
  // Those without an element run in the frame that was gone into.
  if (given.length === 0) await findAll([]);
  return driver.executeScript(text, ...given);
}

const go = (address) => driver.get(address);
const reload = () => driver.navigate().refresh();
const goBack = () => driver.navigate().back();
const goForward = () => driver.navigate().forward();
const click = (way) => until(`click on ${JSON.stringify(way)}`, async () => { await (await one(way)).click(); return true; });
const doubleClick = async (way) => driver.actions().doubleClick(await one(way)).perform();
const rightClick = async (way) => driver.actions().contextClick(await one(way)).perform();
const hover = async (way) => driver.actions().move({ origin: await one(way) }).perform();
const drag = async (way, to) => driver.actions().dragAndDrop(await one(way), await one(to)).perform();
const focus = async (way) => script('arguments[0].focus()', await anyOf(way));
const blur = async (way) => script('arguments[0].blur()', await anyOf(way));

async function fill(way, value) {
  const field = await one(way);
  if (/^(date|time|month|week|datetime-local|color|range)$/.test((await field.getProperty('type')) ?? '')) {
    await script("arguments[0].value = arguments[1]; for (const n of ['input', 'change']) arguments[0].dispatchEvent(new Event(n, { bubbles: true }))", field, value);
    return;
  }
  await field.clear();
  if (value) await field.sendKeys(value);
}

const typeInto = async (way, text) => (await one(way)).sendKeys(text);
const typeKeys = (text) => driver.actions().sendKeys(text).perform();

async function press(keys) {
  const actions = driver.actions();
  const held = keys.slice(0, -1);
  for (const key of held) actions.keyDown(key);
  actions.sendKeys(keys.at(-1));
  for (const key of held) actions.keyUp(key);
  await actions.perform();
}

async function pressIn(way, keys) {
  await focus(way);
  await press(keys);
}

const choose = async (way, values) => script("for (const o of arguments[0].options) o.selected = arguments[1].some((w) => w === o.value || w === o.label || w === `index=${o.index}`); for (const n of ['input', 'change']) arguments[0].dispatchEvent(new Event(n, { bubbles: true }))", await one(way), values);
const check = async (way) => { if (!(await isChecked(way))) await click(way); };
const uncheck = async (way) => { if (await isChecked(way)) await click(way); };
const upload = async (way, names) => (await anyOf(way)).sendKeys(names.map((name) => path.resolve(name)).join('\n'));
const intoView = async (way) => script('arguments[0].scrollIntoView()', await anyOf(way));
const scrollPage = async (x, y) => { await findAll([]); await script('scrollBy(arguments[0], arguments[1])', x, y); };
const scrollInside = async (way, x, y) => script('arguments[0].scrollBy(arguments[1], arguments[2])', await anyOf(way), x, y);
const newTab = () => driver.switchTo().newWindow('tab');
const switchTab = async (index) => driver.switchTo().window(await until('tab', async () => (await driver.getAllWindowHandles()).at(index)));
const closeTab = async () => { await driver.close(); await driver.switchTo().window((await driver.getAllWindowHandles()).at(-1)); };
const intoFrame = async (way) => { await anyOf(way); frames.push([...way, ['frame']]); };
const outOfFrame = async () => { frames.pop(); };
const outOfFrames = async () => { frames.length = 0; };
const resize = (width, height) => driver.manage().window().setRect({ width, height });
const clearStorage = async () => { await driver.manage().deleteAllCookies(); await script('localStorage.clear(); sessionStorage.clear()'); };
const picture = () => driver.takeScreenshot();
const evaluate = (text) => script(`return (${text})`);
const holds = (text) => script(`return !!(${text})`);
const isLoaded = () => holds("document.readyState === 'complete'");
const address = () => driver.getCurrentUrl();
const title = () => driver.getTitle();

async function textOf(way) {
  const element = await anyOf(way);
  return collapsed((await element.getText()) || (await element.getProperty('textContent')));
}

const valueOf = async (way) => (await anyOf(way)).getProperty('value');
const attributeOf = async (way, name) => (await anyOf(way)).getDomAttribute(name);
const jsonOf = async (way) => JSON.parse(await textOf(way));
const count = async (way) => (await findAll(way)).length;

async function shows(way) {
  for (const element of await findAll(way)) if (await element.isDisplayed()) return true;
  return false;
}

async function counts(way, sign, wanted) {
  const found = await count(way);
  return { '==': found === wanted, '!=': found !== wanted, '>': found > wanted, '>=': found >= wanted, '<': found < wanted, '<=': found <= wanted }[sign];
}

const exists = async (way) => (await count(way)) > 0;
const textContains = async (way, text) => (await textOf(way)).includes(collapsed(text));
const textIs = async (way, text) => (await textOf(way)) === collapsed(text);
const textMatches = async (way, pattern) => pattern.test(await textOf(way));
const urlContains = async (text) => (await address()).includes(text);
const urlIs = async (wanted) => (await address()) === wanted;
const urlMatches = async (pattern) => pattern.test(await address());
const titleContains = async (text) => (await title()).includes(text);
const titleIs = async (text) => (await title()) === text;
const valueIs = async (way, text) => (await valueOf(way)) === text;
const attributeIs = async (way, name, value) => (await attributeOf(way, name)) === value;
const cssIs = async (way, name, value) => (await (await anyOf(way)).getCssValue(name)) === value;
const hasClasses = async (way, names) => { const has = ((await attributeOf(way, 'class')) ?? '').split(/\s+/); return names.trim().split(/\s+/).every((name) => has.includes(name)); };
const isEnabled = async (way) => (await anyOf(way)).isEnabled();
const isChecked = async (way) => (await anyOf(way)).isSelected();
const isFocused = async (way) => { const element = await anyOf(way); return WebElement.equals(element, await driver.switchTo().activeElement()); };
const isEditable = async (way) => (await isEnabled(way)) && (await attributeOf(way, 'readonly')) === null;

async function opened() {
  const options = new chrome.Options();
  options.addArguments(...(process.env.CHROMIUM_ARGS ?? '--headless=new').split(' '));
  if (process.env.CHROMIUM_PATH) options.setChromeBinaryPath(process.env.CHROMIUM_PATH);
  const service = new chrome.ServiceBuilder(process.env.CHROMEDRIVER_PATH);
  const opened = await new Builder().forBrowser('chrome').setChromeOptions(options).setChromeService(service).build();
  await opened.manage().window().setRect({ width: 1280, height: 900 });
  return opened;
}
