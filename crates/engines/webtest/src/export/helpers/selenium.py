TIMEOUT = 10


# The frames that were gone into, each as a way to it.
FRAMES = []


def quoted(text):
    return "concat('" + "', \"'\", '".join(str(text).split("'")) + "', '')"


def collapsed(text):
    return " ".join((text or "").split())


def find_all(driver, way):
    # Every look begins outside of the frames the one before went into.
    driver.switch_to.default_content()
    found = [driver]
    for kind, what in [turn for frame in FRAMES for turn in frame] + way:
        if kind == "nth":
            found = found[what:][:1]
        elif kind == "text":
            found = [e for e in found if collapsed(what).lower() in collapsed(e.get_attribute("textContent")).lower()]
        elif kind == "visible":
            found = [e for e in found if e.is_displayed()]
        elif kind == "frame":
            if not found:
                return []
            driver.switch_to.frame(found[0])
            found = [driver]
        else:
            by = By.CSS_SELECTOR if kind == "css" else By.XPATH
            found = [e for root in found for e in root.find_elements(by, what.removeprefix(".") if kind == "xpath" and root is driver else what)]
    return found


def until(driver, look, what):
    return WebDriverWait(driver, TIMEOUT, ignored_exceptions=[Exception]).until(lambda _: look(), what)


def one(driver, way):
    return until(driver, lambda: next((e for e in find_all(driver, way) if e.is_displayed()), None), f"no visible element {way}")


def any_of(driver, way):
    return until(driver, lambda: next(iter(find_all(driver, way)), None), f"no element {way}")


def script(driver, text, *given):
    # Those without an element run in the frame that was gone into.
    if not given:
        find_all(driver, [])
    return driver.execute_script(text, *given)


def go(driver, address):
    driver.get(address)


def reload(driver):
    driver.refresh()


def go_back(driver):
    driver.back()


def go_forward(driver):
    driver.forward()


def pause(_, ms):
    time.sleep(ms / 1000)


def click(driver, way):
    def attempt():
        one(driver, way).click()
        return True

    until(driver, attempt, f"{way} cannot be clicked")


def double_click(driver, way):
    ActionChains(driver).double_click(one(driver, way)).perform()


def right_click(driver, way):
    ActionChains(driver).context_click(one(driver, way)).perform()


def hover(driver, way):
    ActionChains(driver).move_to_element(one(driver, way)).perform()


def drag(driver, way, to):
    ActionChains(driver).drag_and_drop(one(driver, way), one(driver, to)).perform()


def focus(driver, way):
    script(driver, "arguments[0].focus()", any_of(driver, way))


def blur(driver, way):
    script(driver, "arguments[0].blur()", any_of(driver, way))


def fill(driver, way, value):
    field = one(driver, way)
    if field.get_attribute("type") in ("date", "time", "month", "week", "datetime-local", "color", "range"):
        script(driver, "arguments[0].value = arguments[1]; for (const n of ['input', 'change']) arguments[0].dispatchEvent(new Event(n, {bubbles: true}))", field, value)
        return
    field.clear()
    if value:
        field.send_keys(value)


def type_into(driver, way, text):
    one(driver, way).send_keys(text)


def type_keys(driver, text):
    ActionChains(driver).send_keys(text).perform()


def press(driver, keys):
    chain = ActionChains(driver)
    for key in keys[:-1]:
        chain.key_down(key)
    chain.send_keys(keys[-1])
    for key in keys[:-1]:
        chain.key_up(key)
    chain.perform()


def press_in(driver, way, keys):
    focus(driver, way)
    press(driver, keys)


def choose(driver, way, values):
    chosen = "for (const o of arguments[0].options) o.selected = arguments[1].some((w) => w === o.value || w === o.label || w === `index=${o.index}`); for (const n of ['input', 'change']) arguments[0].dispatchEvent(new Event(n, {bubbles: true}))"
    script(driver, chosen, one(driver, way), values)


def check(driver, way):
    if not is_checked(driver, way):
        click(driver, way)


def uncheck(driver, way):
    if is_checked(driver, way):
        click(driver, way)


def upload(driver, way, names):
    any_of(driver, way).send_keys("\n".join(os.path.abspath(name) for name in names))


def into_view(driver, way):
    script(driver, "arguments[0].scrollIntoView()", any_of(driver, way))


def scroll_page(driver, x, y):
    find_all(driver, [])
    script(driver, "scrollBy(arguments[0], arguments[1])", x, y)


def scroll_inside(driver, way, x, y):
    script(driver, "arguments[0].scrollBy(arguments[1], arguments[2])", any_of(driver, way), x, y)


def new_tab(driver):
    driver.switch_to.new_window("tab")


def switch_tab(driver, index):
    driver.switch_to.window(until(driver, lambda: driver.window_handles[index], "tab"))


def close_tab(driver):
    driver.close()
    driver.switch_to.window(driver.window_handles[-1])


def into_frame(driver, way):
    any_of(driver, way)
    FRAMES.append(way + [("frame", None)])


def out_of_frame(_):
    del FRAMES[-1:]


def out_of_frames(_):
    FRAMES.clear()


def resize(driver, width, height):
    driver.set_window_size(width, height)


def clear_storage(driver):
    driver.delete_all_cookies()
    script(driver, "localStorage.clear(); sessionStorage.clear()")


def picture(driver):
    return driver.get_screenshot_as_png()


def evaluate(driver, text):
    return script(driver, "return (" + text + ")")


def holds(driver, text):
    return script(driver, "return !!(" + text + ")")


def is_loaded(driver):
    return holds(driver, "document.readyState === 'complete'")


def address(driver):
    return driver.current_url


def title(driver):
    return driver.title


def text_of(driver, way):
    element = any_of(driver, way)
    return collapsed(element.text or element.get_attribute("textContent"))


def value_of(driver, way):
    return any_of(driver, way).get_property("value")


def attribute_of(driver, way, name):
    return any_of(driver, way).get_dom_attribute(name)


def json_of(driver, way):
    return json.loads(text_of(driver, way))


def count(driver, way):
    return len(find_all(driver, way))


def shows(driver, way):
    return any(e.is_displayed() for e in find_all(driver, way))


def exists(driver, way):
    return count(driver, way) > 0


def counts(driver, way, sign, wanted):
    found = count(driver, way)
    return {"==": found == wanted, "!=": found != wanted, ">": found > wanted, ">=": found >= wanted, "<": found < wanted, "<=": found <= wanted}[sign]


def text_contains(driver, way, text):
    return collapsed(text) in text_of(driver, way)


def text_is(driver, way, text):
    return text_of(driver, way) == collapsed(text)


def text_matches(driver, way, pattern):
    return pattern.search(text_of(driver, way)) is not None


def url_contains(driver, text):
    return text in driver.current_url


def url_is(driver, address):
    return driver.current_url == address


def url_matches(driver, pattern):
    return pattern.search(driver.current_url) is not None


def title_contains(driver, text):
    return text in driver.title


def title_is(driver, text):
    return driver.title == text


def value_is(driver, way, text):
    return value_of(driver, way) == text


def attribute_is(driver, way, name, value):
    return attribute_of(driver, way, name) == value


def css_is(driver, way, name, value):
    return any_of(driver, way).value_of_css_property(name) == value


def has_classes(driver, way, names):
    return set(names.split()) <= set((attribute_of(driver, way, "class") or "").split())


def is_enabled(driver, way):
    return any_of(driver, way).is_enabled()


def is_checked(driver, way):
    return any_of(driver, way).is_selected()


def is_focused(driver, way):
    return any_of(driver, way) == driver.switch_to.active_element


def is_editable(driver, way):
    return is_enabled(driver, way) and attribute_of(driver, way, "readonly") is None
