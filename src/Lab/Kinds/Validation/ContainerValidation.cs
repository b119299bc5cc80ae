using System.Text.Json.Nodes;

namespace Nemotron.Lab.Kinds.Validation;

/// <summary>What a container must be like.</summary>
internal static class ContainerValidation
{
    private static readonly string[] Handlers = ["exec", "httpGet", "tcpSocket", "grpc"];

    /// <summary>The faults of a container but for its name.</summary>
    public static void Check(JsonObject container, string path, HashSet<string> volumes, Faults faults)
    {
        var image = container.TextAt("image") ?? "";
        if (image.Length == 0) faults.Required($"{path}.image");
        else if (image.Trim() != image) faults.Invalid($"{path}.image", image, "must not have leading or trailing whitespace");
        foreach (var probe in new[] { "livenessProbe", "readinessProbe", "startupProbe" }) CheckProbe(container.ObjectAt(probe), $"{path}.{probe}", faults);
        CheckPorts(container, path, faults);
        CheckEnv(container, path, faults);
        CheckMounts(container, path, volumes, faults);
        if (container.TextAt("imagePullPolicy") is { } pull and not ("Always" or "IfNotPresent" or "Never"))
            faults.Unsupported($"{path}.imagePullPolicy", pull, "Always", "IfNotPresent", "Never");
        ResourceValidation.Check(container.ObjectAt("resources"), $"{path}.resources", faults);
    }

    /// <summary>Whether a port number is one: 1-65535.</summary>
    public static void CheckPort(string field, long? port, Faults faults)
    {
        if (port is null or 0) faults.Required(field);
        else if (port is < 1 or > 65535) faults.Invalid(field, port, "must be between 1 and 65535, inclusive");
    }

    private static void CheckProbe(JsonObject? probe, string path, Faults faults)
    {
        if (probe is null) return;
        string[] handlers = [.. Handlers.Where(handler => probe[handler] is not null)];
        if (handlers.Length == 0) faults.Required(path, "must specify a handler type");
        foreach (var extra in handlers.Skip(1)) faults.Forbidden($"{path}.{extra}", "may not specify more than 1 handler type");
        foreach (var handler in handlers)
        {
            if (handler == "exec")
            {
                if (!probe.TextsAt("exec", "command").Any()) faults.Required($"{path}.exec.command");
                continue;
            }
            var port = probe.At(handler, "port");
            if (port.TextAt() is not { Length: > 0 } && port.NumberAt() is not (>= 1 and <= 65535))
                faults.Invalid($"{path}.{handler}.port", port?.DeepClone(), "must be between 1 and 65535, inclusive");
        }
        foreach (var number in new[] { "initialDelaySeconds", "timeoutSeconds", "periodSeconds", "successThreshold", "failureThreshold" })
            faults.NonNegative($"{path}.{number}", probe.NumberAt(number));
        if (!path.EndsWith("readinessProbe", StringComparison.Ordinal) && probe.NumberAt("successThreshold") is not (null or 1))
            faults.Invalid($"{path}.successThreshold", probe.NumberAt("successThreshold"), "must be 1");
    }

    private static void CheckPorts(JsonObject container, string path, Faults faults)
    {
        var names = new HashSet<string>(StringComparer.Ordinal);
        foreach (var (port, i) in container.ObjectsAt("ports").Select((port, i) => (port, i)))
        {
            var at = $"{path}.ports[{i}]";
            if (port.TextAt("name") is { Length: > 0 } name)
            {
                if (name.Length > 15) faults.Invalid($"{at}.name", name, "must be no more than 15 characters");
                else if (!name.All(c => char.IsAsciiLetterLower(c) || char.IsAsciiDigit(c) || c == '-') || !name.Any(char.IsAsciiLetter))
                    faults.Invalid($"{at}.name", name, "must contain only alpha-numeric characters (a-z, 0-9), and hyphens (-)");
                if (!names.Add(name)) faults.Duplicate($"{at}.name", name);
            }
            CheckPort($"{at}.containerPort", port.NumberAt("containerPort"), faults);
            if (port.NumberAt("hostPort") is { } host and (< 1 or > 65535)) faults.Invalid($"{at}.hostPort", host, "must be between 1 and 65535, inclusive");
            PodValidation.OneOf(port, "protocol", at, faults, "SCTP", "TCP", "UDP");
        }
    }

    private static void CheckEnv(JsonObject container, string path, Faults faults)
    {
        foreach (var (env, i) in container.ObjectsAt("env").Select((env, i) => (env, i)))
        {
            var at = $"{path}.env[{i}]";
            var name = env.TextAt("name") ?? "";
            if (name.Length == 0) faults.Required($"{at}.name");
            else if (name.Any(c => c is '=' or < ' ' or > '~')) faults.Invalid($"{at}.name", name, "a valid environment variable name must consist only of printable ASCII characters other than '='");
            if (env.ObjectAt("valueFrom") is not { } source) continue;
            if (!string.IsNullOrEmpty(env.TextAt("value"))) faults.Invalid($"{at}.valueFrom", "", "may not be specified when `value` is not empty");
            if (source.Count == 0) faults.Invalid($"{at}.valueFrom", "", "must specify one of: `fieldRef`, `resourceFieldRef`, `configMapKeyRef`, `secretKeyRef` or `fileKeyRef`");
            else if (source.Count > 1) faults.Invalid($"{at}.valueFrom", "", "may not have more than one field specified at a time");
        }
    }

    private static void CheckMounts(JsonObject container, string path, HashSet<string> volumes, Faults faults)
    {
        var places = new HashSet<string>(StringComparer.Ordinal);
        foreach (var (mount, i) in container.ObjectsAt("volumeMounts").Select((mount, i) => (mount, i)))
        {
            var at = $"{path}.volumeMounts[{i}]";
            var name = mount.TextAt("name") ?? "";
            var place = mount.TextAt("mountPath") ?? "";
            if (name.Length == 0) faults.Required($"{at}.name");
            if (place.Length == 0) faults.Required($"{at}.mountPath");
            if (!volumes.Contains(name)) faults.NotFound($"{at}.name", name);
            if (!places.Add(place)) faults.Invalid($"{at}.mountPath", place, "must be unique");
        }
    }
}
