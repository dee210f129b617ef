private static Map<String, Object> map(Object... pairs) {
    Map<String, Object> map = new HashMap<>();
    for (int at = 0; at < pairs.length; at += 2) {
        map.put((String) pairs[at], pairs[at + 1]);
    }
    return map;
}

private static List<Object> list(Object... items) {
    return new ArrayList<>(Arrays.asList(items));
}

/** What a variable holds, or a part of it. */
private String said(String... names) {
    Object at = vars.get(names[0]);
    for (String name : Arrays.asList(names).subList(1, names.length)) {
        at = at instanceof List ? ((List<?>) at).get(Integer.parseInt(name)) : ((Map<?, ?>) at).get(name);
    }
    return String.valueOf(at);
}

private static String below(String address) {
    return address.matches("[A-Za-z][A-Za-z0-9+.-]*:.*") ? address : BASE_URL + "/" + address.replaceFirst("^/+", "");
}

private static String quoted(String text) {
    return "concat('" + text.replace("'", "', \"'\", '") + "', '')";
}

private static String collapsed(String text) {
    return text == null ? "" : text.replace('\u00a0', ' ').trim().replaceAll("\\s+", " ");
}

private static List<String[]> way(String[]... turns) {
    return Arrays.asList(turns);
}

private static String[] css(String what) {
    return new String[] {"css", what};
}

private static String[] xpath(String what) {
    return new String[] {"xpath", what};
}

private static String[] text(String what) {
    return new String[] {"text", what};
}

private static String[] visible() {
    return new String[] {"visible", ""};
}

private static String[] frame() {
    return new String[] {"frame", ""};
}

private static String[] nth(int what) {
    return new String[] {"nth", String.valueOf(what)};
}

private List<WebElement> findAll(List<String[]> way) {
    List<String[]> turns = frames.stream().flatMap(List::stream).collect(Collectors.toList());
    turns.addAll(way);
    // Every look begins outside of the frames the one before went into.
    driver.switchTo().defaultContent();
    List<SearchContext> found = Collections.singletonList(driver);
    for (String[] turn : turns) {
        String what = turn[1];
        List<SearchContext> next = new ArrayList<>();
        switch (turn[0]) {
            case "nth":
                int at = Integer.parseInt(what) < 0 ? found.size() + Integer.parseInt(what) : Integer.parseInt(what);
                if (at >= 0 && at < found.size()) {
                    next.add(found.get(at));
                }
                break;
            case "text":
                for (SearchContext one : found) {
                    String said = collapsed(((WebElement) one).getDomProperty("textContent")).toLowerCase();
                    if (said.contains(collapsed(what).toLowerCase())) {
                        next.add(one);
                    }
                }
                break;
            case "visible":
                found.stream().filter(one -> ((WebElement) one).isDisplayed()).forEach(next::add);
                break;
            case "frame":
                if (!found.isEmpty()) {
                    driver.switchTo().frame((WebElement) found.get(0));
                    next.add(driver);
                }
                break;
            case "css":
                found.forEach(root -> next.addAll(root.findElements(By.cssSelector(what))));
                break;
            default:
                found.forEach(root -> next.addAll(root.findElements(By.xpath(root == driver && what.startsWith(".") ? what.substring(1) : what))));
        }
        found = next;
    }
    return found.stream().filter(one -> one instanceof WebElement).map(one -> (WebElement) one).collect(Collectors.toList());
}

private <T> T until(String what, Callable<T> look) {
    long end = System.nanoTime() + timeoutMs * 1000000L;
    while (true) {
        Exception last = null;
        try {
            T found = look.call();
            if (found != null && !Boolean.FALSE.equals(found)) {
                return found;
            }
        } catch (Exception error) {
            last = error;
        }
        if (System.nanoTime() > end) {
            throw new AssertionError(what + " did not happen", last);
        }
        pause(50);
    }
}

private void pause(long ms) {
    try {
        Thread.sleep(ms);
    } catch (InterruptedException error) {
        throw new IllegalStateException(error);
    }
}

private static String shown(List<String[]> way) {
    return way.stream().map(turn -> String.join(" ", turn)).collect(Collectors.joining(" > "));
}

private WebElement one(List<String[]> way) {
    return until("visible element " + shown(way), () -> findAll(way).stream().filter(WebElement::isDisplayed).findFirst().orElse(null));
}

private WebElement anyOf(List<String[]> way) {
    return until("element " + shown(way), () -> findAll(way).stream().findFirst().orElse(null));
}

private Object script(String text, Object... given) {
    // Those without an element run in the frame that was gone into.
    if (given.length == 0) {
        findAll(way());
    }
    return ((JavascriptExecutor) driver).executeScript(text, given);
}

private void go(String address) {
    driver.get(address);
}

private void reload() {
    driver.navigate().refresh();
}

private void goBack() {
    driver.navigate().back();
}

private void goForward() {
    driver.navigate().forward();
}

private void click(List<String[]> way) {
    until("click on " + shown(way), () -> {
        one(way).click();
        return true;
    });
}

private void doubleClick(List<String[]> way) {
    new Actions(driver).doubleClick(one(way)).perform();
}

private void rightClick(List<String[]> way) {
    new Actions(driver).contextClick(one(way)).perform();
}

private void hover(List<String[]> way) {
    new Actions(driver).moveToElement(one(way)).perform();
}

private void drag(List<String[]> way, List<String[]> to) {
    new Actions(driver).dragAndDrop(one(way), one(to)).perform();
}

private void focus(List<String[]> way) {
    script("arguments[0].focus()", anyOf(way));
}

private void blur(List<String[]> way) {
    script("arguments[0].blur()", anyOf(way));
}

private void fill(List<String[]> way, String value) {
    WebElement field = one(way);
    String kind = field.getDomProperty("type");
    if (kind != null && kind.matches("date|time|month|week|datetime-local|color|range")) {
        script("arguments[0].value = arguments[1]; for (const n of ['input', 'change']) arguments[0].dispatchEvent(new Event(n, {bubbles: true}))", field, value);
        return;
    }
    field.clear();
    if (!value.isEmpty()) {
        field.sendKeys(value);
    }
}

private void typeInto(List<String[]> way, String text) {
    one(way).sendKeys(text);
}

private void typeKeys(String text) {
    new Actions(driver).sendKeys(text).perform();
}

private void press(CharSequence... keys) {
    Actions actions = new Actions(driver);
    List<CharSequence> held = Arrays.asList(keys).subList(0, keys.length - 1);
    held.forEach(actions::keyDown);
    actions.sendKeys(keys[keys.length - 1]);
    held.forEach(actions::keyUp);
    actions.perform();
}

private void pressIn(List<String[]> way, CharSequence... keys) {
    focus(way);
    press(keys);
}

private void choose(List<String[]> way, List<Object> values) {
    script("for (const o of arguments[0].options) o.selected = arguments[1].some((w) => w === o.value || w === o.label || w === `index=${o.index}`); for (const n of ['input', 'change']) arguments[0].dispatchEvent(new Event(n, {bubbles: true}))", one(way), values);
}

private void check(List<String[]> way) {
    if (!isChecked(way)) {
        click(way);
    }
}

private void uncheck(List<String[]> way) {
    if (isChecked(way)) {
        click(way);
    }
}

private void upload(List<String[]> way, List<Object> names) {
    anyOf(way).sendKeys(names.stream().map(name -> new File((String) name).getAbsolutePath()).collect(Collectors.joining("\n")));
}

private void intoView(List<String[]> way) {
    script("arguments[0].scrollIntoView()", anyOf(way));
}

private void scrollPage(double x, double y) {
    findAll(way());
    script("scrollBy(arguments[0], arguments[1])", x, y);
}

private void scrollInside(List<String[]> way, double x, double y) {
    script("arguments[0].scrollBy(arguments[1], arguments[2])", anyOf(way), x, y);
}

private void newTab() {
    driver.switchTo().newWindow(WindowType.TAB);
}

private void switchTab(int index) {
    driver.switchTo().window(until("tab", () -> {
        List<String> tabs = new ArrayList<>(driver.getWindowHandles());
        return tabs.get(index < 0 ? tabs.size() + index : index);
    }));
}

private void closeTab() {
    driver.close();
    List<String> tabs = new ArrayList<>(driver.getWindowHandles());
    driver.switchTo().window(tabs.get(tabs.size() - 1));
}

private void intoFrame(List<String[]> way) {
    anyOf(way);
    List<String[]> inside = new ArrayList<>(way);
    inside.add(frame());
    frames.add(inside);
}

private void outOfFrame() {
    if (!frames.isEmpty()) {
        frames.remove(frames.size() - 1);
    }
}

private void outOfFrames() {
    frames.clear();
}

private void resize(int width, int height) {
    driver.manage().window().setSize(new Dimension(width, height));
}

private void clearStorage() {
    driver.manage().deleteAllCookies();
    script("localStorage.clear(); sessionStorage.clear()");
}

private byte[] picture() {
    return ((TakesScreenshot) driver).getScreenshotAs(OutputType.BYTES);
}

private Object evaluate(String text) {
    return script("return (" + text + ")");
}

private boolean holds(String text) {
    return (Boolean) script("return !!(" + text + ")");
}

private boolean isLoaded() {
    return holds("document.readyState === 'complete'");
}

private String address() {
    return driver.getCurrentUrl();
}

private String title() {
    return driver.getTitle();
}

private String textOf(List<String[]> way) {
    WebElement element = anyOf(way);
    String text = element.getText();
    return collapsed(text.isEmpty() ? element.getDomProperty("textContent") : text);
}

private String valueOf(List<String[]> way) {
    return anyOf(way).getDomProperty("value");
}

private String attributeOf(List<String[]> way, String name) {
    return anyOf(way).getDomAttribute(name);
}

private Object jsonOf(List<String[]> way) {
    return new Json().toType(textOf(way), Object.class);
}

private int count(List<String[]> way) {
    return findAll(way).size();
}

private boolean shows(List<String[]> way) {
    return findAll(way).stream().anyMatch(WebElement::isDisplayed);
}

private boolean exists(List<String[]> way) {
    return count(way) > 0;
}

private boolean counts(List<String[]> way, String sign, long wanted) {
    int found = count(way);
    switch (sign) {
        case ">":
            return found > wanted;
        case ">=":
            return found >= wanted;
        case "<":
            return found < wanted;
        case "<=":
            return found <= wanted;
        case "!=":
            return found != wanted;
        default:
            return found == wanted;
    }
}

private boolean textContains(List<String[]> way, String text) {
    return textOf(way).contains(collapsed(text));
}

private boolean textIs(List<String[]> way, String text) {
    return textOf(way).equals(collapsed(text));
}

private boolean textMatches(List<String[]> way, Pattern pattern) {
    return pattern.matcher(textOf(way)).find();
}

private boolean urlContains(String text) {
    return driver.getCurrentUrl().contains(text);
}

private boolean urlIs(String address) {
    return driver.getCurrentUrl().equals(address);
}

private boolean urlMatches(Pattern pattern) {
    return pattern.matcher(driver.getCurrentUrl()).find();
}

private boolean titleContains(String text) {
    return driver.getTitle().contains(text);
}

private boolean titleIs(String text) {
    return driver.getTitle().equals(text);
}

private boolean valueIs(List<String[]> way, String text) {
    return text.equals(valueOf(way));
}

private boolean attributeIs(List<String[]> way, String name, String value) {
    return value.equals(attributeOf(way, name));
}

private boolean cssIs(List<String[]> way, String name, String value) {
    return value.equals(anyOf(way).getCssValue(name));
}

private boolean hasClasses(List<String[]> way, String names) {
    String has = attributeOf(way, "class");
    return has != null && Arrays.asList(has.trim().split("\\s+")).containsAll(Arrays.asList(names.trim().split("\\s+")));
}

private boolean isEnabled(List<String[]> way) {
    return anyOf(way).isEnabled();
}

private boolean isChecked(List<String[]> way) {
    return anyOf(way).isSelected();
}

private boolean isFocused(List<String[]> way) {
    return anyOf(way).equals(driver.switchTo().activeElement());
}

private boolean isEditable(List<String[]> way) {
    return isEnabled(way) && attributeOf(way, "readonly") == null;
}
