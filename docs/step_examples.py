"""What each step does, in a sentence, with an example. The test of the docs loads every example through the models."""

from __future__ import annotations

from typing import NamedTuple


class StepExample(NamedTuple):
    """One step of the language: what it does, and YAML that shows it."""

    does: str
    yaml: str


STEP_EXAMPLES = {
    "open": StepExample(
        "Go to an address, relative to `base_url`. `until` is the moment of loading that is waited for.",
        "- open: /login\n- open: {url: /reports, until: networkidle, within: 30s}",
    ),
    "click": StepExample(
        "Click an element. `modifiers` are held down; `position` is `[x, y]` from its top left corner in pixels.",
        '- click: "#buy"\n- click: {role: button, name: Add to basket}\n- click: {text: Accept cookies, optional: true, within: 1s}',
    ),
    "double_click": StepExample("Click an element twice.", '- double_click: ".row"'),
    "right_click": StepExample("Click an element with the other button.", "- right_click: {text: report.pdf}"),
    "hover": StepExample("Move the pointer over an element.", "- hover: {role: link, name: Account}"),
    "fill": StepExample("Replace the content of a field.", "- fill: {label: Email, value: ada@example.org}"),
    "type": StepExample(
        "Type key by key, `delay` apart. Without a locator the keys go to what has the focus.",
        "- type: hello\n- type: {placeholder: Search, value: tea, delay: 50ms}",
    ),
    "press": StepExample(
        "Press a key, or keys held together, on an element or on what has the focus.",
        '- press: Enter\n- press: {css: "#editor", key: Control+A}',
    ),
    "clear": StepExample("Empty a field.", "- clear: {label: Email}"),
    "select": StepExample("Choose one or more options of a list, by value or label.", "- select: {label: Country, option: Norway}"),
    "check": StepExample("Tick a box or choose a radio button.", "- check: {label: I agree}"),
    "uncheck": StepExample("Untick a box.", "- uncheck: {label: Send me news}"),
    "upload": StepExample(
        "Give files to a file field. Paths are below the config's folder.", "- upload: {label: Photo, files: data/cat.png}"
    ),
    "drag": StepExample("Drag one element onto another.", '- drag: {from: "#card-1", to: {text: Done}}'),
    "scroll_to": StepExample("Scroll until an element is in view.", "- scroll_to: {role: heading, name: Reviews}"),
    "go_back": StepExample("Go back in the history.", "- go_back: {}\n- go_back: domcontentloaded"),
    "reload": StepExample("Load the page anew.", "- reload: {}"),
    "switch_tab": StepExample(
        "Go to another tab: by number from 1 in the order of opening, by part of its URL or title, or to the newest.",
        "- switch_tab: 2\n- switch_tab: {title: Invoice}\n- switch_tab: {newest: true}",
    ),
    "close_tab": StepExample("Close the current tab and go to the one before it.", "- close_tab: {}"),
    "dialog": StepExample(
        "Say how dialogs of the following steps are answered. `text` is typed into a prompt; `message`, when given, must be "
        "what the dialog says.",
        '- dialog: accept\n- dialog: {answer: dismiss, message: "Delete this order?"}',
    ),
    "wait_for": StepExample(
        "Wait until an element is in a state, or until the URL matches.",
        '- wait_for: {css: ".spinner", state: hidden, within: 20s}\n- wait_for: {url: /done}',
    ),
    "screenshot": StepExample(
        "Keep a picture of the page, or of one element, among the artifacts.",
        '- screenshot: basket\n- screenshot: {css: "#chart", as: chart}',
    ),
    "run_js": StepExample(
        "Run JavaScript in the page: an expression, or a function that is given `arg`. The result goes into `${saved.<as>}`.",
        '- run_js: window.scrollTo(0, 0)\n- run_js: {script: "n => n * 2", arg: 21, as: answer}',
    ),
    "save": StepExample(
        "Keep one thing in `${saved.<as>}`: exactly one of `text`, `value`, `attribute` with `of`, `count`, `url`, `title` or `json`. "
        "`json` is a JSON path into the answer of the last `request`, or of the one that `response` names.",
        '- save: {text: "#total", as: total}\n'
        "- save: {attribute: href, of: {role: link, name: Invoice}, as: invoice}\n"
        '- save: {json: "$.orders[0].id", as: order}',
    ),
    "set_cookie": StepExample(
        "Set a cookie, for the current page's address unless `url` or `domain` says otherwise.",
        "- set_cookie: {name: consent, value: all}",
    ),
    "request": StepExample(
        "Make an HTTP call with the case's cookies: exactly one method with its address. `json`, `form`, `body`, `file` or `files` is "
        "sent. The answer is kept as `${saved.<as>}` with `status`, `headers`, `json` and `text`, its body among the artifacts as "
        "`keep`. With `until` the call is repeated until its answer is so.",
        '- request: {get: /api/orders, expect: {status: 200, json: {"$.orders[0].item": tea}}}\n'
        "- request: {post: /api/login, json: {email: ada@example.org}, as: login}\n"
        "- request: {get: /api/orders, expect: {schema: schemas/orders.json, within: 300ms}}\n"
        "- request: {post: /api/photos, form: {title: Tea}, files: {photo: data/tea.png}}\n"
        '- request: {get: /api/job/7, until: {json: {"$.state": done}}, every: 1s, within: 30s}',
    ),
    "route": StepExample(
        "Answer or block the page's own requests whose address matches a glob, from here on in this case.",
        '- route: {url: "**/ads/**", block: true}\n- route: {url: "**/api/price", answer: {json: {price: 1}}, times: 1}',
    ),
    "download": StepExample(
        "Click something that starts a download, wait for the file, and check it. The file is kept among the artifacts; its "
        "path goes into `${saved.<as>}`.",
        "- download: {click: {text: Invoice}, name: invoice.pdf, min_bytes: 100}",
    ),
    "use": StepExample(
        "Run the steps of a group, with values for its parameters.", "- use: {group: log_in, with: {email: ada@example.org}}"
    ),
    "call": StepExample(
        "Call a Python function with the page and the variables, and `with` as keyword arguments. What it returns "
        "goes into `${saved.<as>}`.",
        "- call: shop_checks:basket_is_empty\n- call: {function: shop_checks:make_order, with: {items: 3}, as: order}",
    ),
    "log": StepExample("Write a line into the attempt's output.", '- log: "total is ${saved.total}"'),
    "expect": StepExample(
        "What must be true, at the latest after `within`. With another locator key beside it, `text` is the element's whole text; "
        "alone it is the locator, and the element must be visible. `text` and `contains` fold white space; `matches` is a regular "
        "expression searched for. A `url` without a scheme is compared with path and query. `soft` gathers failures until the end.",
        "- expect: {text: Thank you, within: 5s}\n"
        '- expect: {css: "#total", text: "3 EUR"}\n'
        '- expect: {css: ".row", count: 3, soft: true}\n'
        "- expect: {url: /orders}\n"
        '- expect: {css: "#buy", disabled: true, attribute: {title: Sold out}}',
    ),
    "check_a11y": StepExample(
        "Look for violations of accessibility rules by axe-core, which is shipped: in the page with its frames, or in what `css` "
        "matches. Without `rules` and `tags` those of WCAG 2.1, levels A and AA. A `known` violation does not fail the step; one that "
        "is gone is told in the output.",
        "- check_a11y:\n"
        "- check_a11y: {css: main, impact: serious, ignore: [color-contrast]}\n"
        '- check_a11y: {rules: [image-alt], known: [{rule: image-alt, css: "#old-logo", reason: "#123"}]}',
    ),
    "check_visual": StepExample(
        "Compare a picture of the page, or of an element, with the stored one in "
        "`__screenshots__/<suite>/<case>/<picture>-<engine>.png` beside the config; it is stored by a run with `--update-visual` "
        "(pytest: `--maestro-update-visual`). Animations and the caret stand still, what `mask` finds is covered. The page has until "
        "`within` to look so. Needs the extra `visual`.",
        '- check_visual: front page\n- check_visual: {picture: basket, css: "#basket", mask: ["#clock", {role: img}], tolerance: 0.001}',
    ),
}
