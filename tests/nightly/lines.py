"""Lines of reports."""


def cell(name, verdict="pass", cause=None, evidence="it is so", **more):
    line = {"type": "cell", "id": name, "verdict": verdict, "findings": [], **more}
    if cause:
        line["diagnosis"] = {"cause": cause, "evidence": evidence, "remedy": "mend it"}
    return line
