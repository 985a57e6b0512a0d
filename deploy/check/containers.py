#!/usr/bin/env python3
"""What must hold of the containers in deploy/, beyond the schemas: run it with PyYAML at hand.

Of each pod: the restricted Pod Security Standard, a root that cannot be written, limits, probes that lead to a port,
a disruption budget, time to drain, certificates and keys where the settings say, and that nobody is believed without
proof. Of the network: exactly the ways that the settings need are open. At last the manifests are broken on purpose,
one way after the other, and each has to be found.
"""

import copy
import pathlib
import re
import sys

import yaml

HERE = pathlib.Path(__file__).resolve().parent.parent
LONG_LIVED = {"Deployment", "StatefulSet"}
# What the one door stands open for, and whoever else is let in from outside of the namespace.
FROM_OUTSIDE = {("gateway", 7700), ("events", 7790), ("recommendations", 7790), ("gateway", 7790)}
NAME = "app.kubernetes.io/name"


def load():
    documents = []
    for path in sorted((HERE / "kubernetes").glob("*.yaml")):
        if path.name != "kustomization.yaml":
            documents += [d for d in yaml.safe_load_all(path.read_text()) if d]
    return documents, yaml.safe_load((HERE / "compose/compose.yaml").read_text())


def pods(documents):
    """Kind, name, pod template and the whole of everything that makes pods."""
    for it in documents:
        template = it.get("spec", {}).get("jobTemplate", it).get("spec", {}).get("template")
        if template:
            yield it["kind"], it["metadata"]["name"], template, it


def environment(container):
    return {e["name"]: e.get("value", "") for e in container.get("env", [])}


def pod_is_restricted(name, pod, container):
    """https://kubernetes.io/docs/concepts/security/pod-security-standards/, and what it leaves open."""
    spec, own = pod["spec"], container.get("securityContext", {})
    whole = spec.get("securityContext", {})
    yield "runs as nobody in particular", whole.get("runAsNonRoot") is True and whole.get("runAsUser", 0) > 0
    yield "system calls are filtered", whole.get("seccompProfile", {}).get("type") == "RuntimeDefault"
    yield "gains no rights", own.get("allowPrivilegeEscalation") is False and not own.get("privileged")
    yield "has no capabilities", own.get("capabilities") == {"drop": ["ALL"]}
    yield "cannot write its root", own.get("readOnlyRootFilesystem") is True
    yield "shares nothing with the node", not any(spec.get(k) for k in ("hostNetwork", "hostPID", "hostIPC"))
    yield "has no token of the cluster", spec.get("automountServiceAccountToken") is False
    kinds = {k for volume in spec.get("volumes", []) for k in volume if k != "name"}
    allowed = {"configMap", "emptyDir", "persistentVolumeClaim", "projected", "secret", "csi", "downwardAPI", "ephemeral"}
    yield "mounts nothing of the node", kinds <= allowed
    yield "is bounded", "memory" in container.get("resources", {}).get("limits", {})
    yield "asks for what it needs", {"cpu", "memory"} <= set(container.get("resources", {}).get("requests", {}))
    yield "has a certain image", not re.search(r":latest$|^[^:]+$", container["image"])
    yield "has no ports on the node", not any("hostPort" in p for p in container.get("ports", []))


def files_are_there(pod, container):
    mounts = {m["name"]: m["mountPath"] for m in container.get("volumeMounts", [])}
    volumes = {v["name"] for v in pod["spec"].get("volumes", [])}
    yield "mounts just its volumes", set(mounts) == volumes
    for key, value in environment(container).items():
        if value.startswith("/run/"):
            yield f"{key} is mounted", any(value.startswith(path + "/") for path in mounts.values())
    secrets = [m for m in container.get("volumeMounts", []) if m["mountPath"].startswith("/run/")]
    yield "secrets are read alone", all(m.get("readOnly") for m in secrets)


def nobody_is_believed(name, settings):
    yield "callers are not trusted", "RAPPORTEUR_TRUST_CALLERS" not in settings
    yield "nothing is in plain text", "RAPPORTEUR_PLAINTEXT" not in settings
    urls = [v for v in settings.values() if "://" in v]
    yield "speaks in private", bool(urls) and not any(u.startswith("http://") for u in urls)
    if name != "backup":
        yield "has a certificate", {"RAPPORTEUR_TLS_CERT", "RAPPORTEUR_TLS_KEY"} <= set(settings)
    if name in ("events", "recommendations"):
        wanted = {"RAPPORTEUR_CALLER_KEYS", "RAPPORTEUR_TLS_CLIENT_CA", "RAPPORTEUR_TLS_CLIENT_NAME"}
        yield "asks who calls", wanted <= set(settings)
    if name == "recommendations":
        yield "says who it is", {"RAPPORTEUR_GATEWAY", "RAPPORTEUR_KEY_FILE"} <= set(settings)
    if name != "events":
        yield "knows whom to trust", "RAPPORTEUR_PEER_CA" in settings


def service_is_looked_after(documents, name, pod, whole, container):
    labels, settings = pod["metadata"]["labels"], environment(container)
    ports = {p["containerPort"] for p in container.get("ports", [])}
    for probe in ("startupProbe", "readinessProbe", "livenessProbe"):
        yield f"{probe} leads to a port", container.get(probe, {}).get("grpc", {}).get("port") in ports
    selects = lambda it: it["spec"]["selector"].get("matchLabels", it["spec"]["selector"])
    of = lambda kind: [d for d in documents if d["kind"] == kind and selects(d).items() <= labels.items()]
    budgets = of("PodDisruptionBudget")
    yield "has one disruption budget", len(budgets) == 1 and budgets[0]["spec"].get("maxUnavailable") == 1
    yield "has replicas", whole["spec"].get("replicas", 1) >= 2
    services = of("Service")
    reached = {p["port"] for it in services for p in it["spec"]["ports"]}
    yield "is reached by a port that it has", len(services) == 1 and reached <= ports
    seconds = sum(int(settings[f"RAPPORTEUR_{k}_SECONDS"]) for k in ("ANNOUNCE", "DRAIN"))
    yield "has time to drain", pod["spec"]["terminationGracePeriodSeconds"] >= seconds + 10
    yield "is spread over nodes", bool(pod["spec"].get("topologySpreadConstraints"))
    where = settings["RAPPORTEUR_LISTEN"].rpartition(":")[2], settings["RAPPORTEUR_HEALTH_LISTEN"].rpartition(":")[2]
    yield "listens on its ports", {int(port) for port in where} == ports


def needed(documents):
    """Who has to reach whom at which port, as the settings say."""
    for _, name, pod, _ in pods(documents):
        for container in pod["spec"]["containers"]:
            for value in [*environment(container).values(), *container.get("args", [])]:
                for host, port in re.findall(r"https?://([a-z0-9.-]+):(\d+)", value):
                    yield name, host.rpartition(".")[2], int(port)


def open_ways(documents):
    """Who may reach whom at which port, as the policies say: what both sides let through."""
    policies = [d["spec"] for d in documents if d["kind"] == "NetworkPolicy"]
    names = {name: pod["metadata"]["labels"] for _, name, pod, _ in pods(documents)}

    def selected(selector, labels):
        matches = selector.get("matchLabels", {}).items() <= labels.items()
        return matches and all(
            e["operator"] == "In" and labels.get(e["key"]) in e["values"] for e in selector.get("matchExpressions", [])
        )

    def ways(direction, peers):
        for policy in policies:
            for rule in policy.get(direction, []):
                for mine, labels in names.items():
                    if not selected(policy["podSelector"], labels):
                        continue
                    for port in [p["port"] for p in rule.get("ports", [{"port": 0}])]:
                        for peer in rule.get(peers, [None]):
                            if peer is None or "namespaceSelector" in peer:
                                yield mine, None, port
                            else:
                                for other, there in names.items():
                                    if selected(peer["podSelector"], there):
                                        yield mine, other, port

    into = set(ways("ingress", "from"))
    out = set(ways("egress", "to"))
    outside = {(to, port) for to, peer, port in into if peer is None}
    anywhere = {(mine, port) for mine, peer, port in out if peer is None}
    within = {
        (a, b, port)
        for a in names for b in names
        for port in {p for _, _, p in into}
        if ((b, a, port) in into or (b, None, port) in into) and ((a, b, port) in out or (a, None, port) in out)
    }
    denied = any(
        p["podSelector"] == {} and set(p["policyTypes"]) == {"Ingress", "Egress"} and not p.get("ingress") and not p.get("egress")
        for p in policies
    )
    return within, outside, anywhere, denied


def kubernetes(documents):
    """Everything that does not hold."""
    wrong = []

    def hold(who, properties):
        try:
            wrong.extend(f"{who}: not so: {what}" for what, so in properties if not so)
        except (KeyError, TypeError, ValueError, AttributeError) as error:
            wrong.append(f"{who}: {type(error).__name__} {error}")

    spaces = [d for d in documents if d["kind"] == "Namespace"]
    enforced = [d["metadata"].get("labels", {}).get("pod-security.kubernetes.io/enforce") for d in spaces]
    hold("namespace", [("is restricted", enforced == ["restricted"])])
    found = list(pods(documents))
    hold("all", [("are there", {n for _, n, _, _ in found} == {"events", "recommendations", "gateway", "backup"})])
    for kind, name, pod, whole in found:
        containers = pod["spec"]["containers"] + pod["spec"].get("initContainers", [])
        hold(name, [("is what its label says", pod["metadata"]["labels"].get(NAME) == name)])
        for container in containers:
            hold(name, pod_is_restricted(name, pod, container))
            hold(name, files_are_there(pod, container))
            hold(name, nobody_is_believed(name, environment(container)))
            if kind in LONG_LIVED:
                hold(name, service_is_looked_after(documents, name, pod, whole, container))
    within, outside, anywhere, denied = open_ways(documents)
    hold("network", [("nothing is open but by a rule", denied)])
    wrong += [f"network: {a} cannot reach {b}:{p}" for a, b, p in sorted(set(needed(documents)) - within)]
    wrong += [f"network: {a} need not reach {b}:{p}" for a, b, p in sorted(within - set(needed(documents)))]
    wrong += [f"network: {to}:{p} is open to others" for to, p in sorted(outside - FROM_OUTSIDE)]
    wrong += [f"network: {a} may reach anybody at {p}" for a, p in sorted(anywhere) if p not in (53, 5432)]
    return wrong


def compose(document):
    wrong = []
    for name, service in document["services"].items():
        if name == "postgres":
            continue
        who = re.sub(r"-\d+$", "", name)
        properties = [
            ("cannot write its root", service.get("read_only") is True),
            ("runs as nobody in particular", service.get("user", "").split(":")[0].isdigit() and service["user"][0] != "0"),
            ("has no capabilities", service.get("cap_drop") == ["ALL"] and not service.get("cap_add")),
            ("gains no rights", "no-new-privileges:true" in service.get("security_opt", [])),
            ("is bounded", "memory" in service.get("deploy", {}).get("resources", {}).get("limits", {})),
            ("only the gateway has ports outside", "ports" not in service or who == "gateway"),
            ("outside ports are on loopback", all(p.startswith("127.0.0.1:") for p in service.get("ports", []))),
            ("only the gateway is outside", "outside" not in service["networks"] or who == "gateway"),
            *nobody_is_believed(who, service["environment"]),
        ]
        wrong += [f"compose {name}: not so: {what}" for what, so in properties if not so]
    if not document["networks"]["inside"].get("internal"):
        wrong.append("compose: the inner network leads outside")
    return wrong


def broken(documents):
    """The manifests, broken one way after the other."""
    for index, (kind, name, _, _) in enumerate(pods(documents)):
        def damaged(change):
            new = copy.deepcopy(documents)
            _, _, pod, whole = list(pods(new))[index]
            change(pod, pod["spec"]["containers"][0], whole)
            return new

        def setting(container, key, value):
            container["env"] = [e for e in container["env"] if e["name"] != key] + ([{"name": key, "value": value}] if value else [])

        yield f"{name}: root", damaged(lambda p, c, w: p["spec"]["securityContext"].pop("runAsNonRoot"))
        yield f"{name}: uid 0", damaged(lambda p, c, w: p["spec"]["securityContext"].update(runAsUser=0))
        yield f"{name}: seccomp", damaged(lambda p, c, w: p["spec"]["securityContext"].pop("seccompProfile"))
        yield f"{name}: writes its root", damaged(lambda p, c, w: c["securityContext"].update(readOnlyRootFilesystem=False))
        yield f"{name}: capability", damaged(lambda p, c, w: c["securityContext"]["capabilities"].update(add=["NET_ADMIN"]))
        yield f"{name}: node's files", damaged(lambda p, c, w: p["spec"]["volumes"][0].update(hostPath={"path": "/"}))
        yield f"{name}: no limit", damaged(lambda p, c, w: c["resources"].pop("limits"))
        yield f"{name}: a mount is gone", damaged(lambda p, c, w: c["volumeMounts"].pop())
        yield f"{name}: plain text", damaged(lambda p, c, w: setting(c, "RAPPORTEUR_PLAINTEXT", "true"))
        yield f"{name}: another label", damaged(lambda p, c, w: p["metadata"]["labels"].update({NAME: "other"}))
        if kind in LONG_LIVED:
            yield f"{name}: probe", damaged(lambda p, c, w: c["readinessProbe"]["grpc"].update(port=1))
            yield f"{name}: no time", damaged(lambda p, c, w: p["spec"].update(terminationGracePeriodSeconds=30))
            yield f"{name}: no certificate", damaged(lambda p, c, w: setting(c, "RAPPORTEUR_TLS_CERT", None))
        if name in ("events", "recommendations"):
            yield f"{name}: trusts", damaged(lambda p, c, w: setting(c, "RAPPORTEUR_TRUST_CALLERS", "true"))
            yield f"{name}: lets everybody in", damaged(lambda p, c, w: setting(c, "RAPPORTEUR_TLS_CLIENT_CA", None))
    for index, document in enumerate(documents):
        if document["kind"] in ("PodDisruptionBudget", "NetworkPolicy", "Namespace", "Service"):
            # Without these two the network is only closer.
            if document["metadata"]["name"] not in ("health", "names", "stores"):
                yield f"no {document['kind']} {document['metadata']['name']}", documents[:index] + documents[index + 1:]


def main():
    documents, composed = load()
    wrong = kubernetes(documents) + compose(composed)
    print("\n".join(wrong) or "containers: everything holds")
    cases = list(broken(documents))
    unseen = [what for what, case in cases if not kubernetes(case)]
    print(f"broken on purpose: {len(cases) - len(unseen)} of {len(cases)} found", *unseen, sep="\n  ")
    return 1 if wrong or unseen else 0


if __name__ == "__main__":
    sys.exit(main())
