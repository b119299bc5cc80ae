using System.Text.Json.Nodes;
using Nemotron.Lab.Api;
using Nemotron.Lab.Cel;

namespace Nemotron.Lab.Schema;

/// <summary>All CEL rules of a schema, at every depth, ready to run. Immutable and thread-safe.</summary>
internal sealed class CompiledRules
{
    /// <summary>What all rules of one object together may cost.</summary>
    public const long ObjectBudget = 10_000_000;

    private readonly Level? _root;

    private CompiledRules(Level? root) => _root = root;

    /// <summary>Whether there is nothing to run.</summary>
    public bool IsEmpty => _root is null;

    /// <summary>Compiles the rules of a whole resource. A rule that does not compile is reported when it should run; a CRD with such a rule is refused before.</summary>
    /// <param name="schema">The schema.</param>
    /// <param name="resourceRoot">False when the schema is that of a part of a resource.</param>
    public static CompiledRules Compile(StructuralSchema schema, bool resourceRoot = true) => new(Level.Build(schema, resourceRoot));

    /// <summary>Runs the rules.</summary>
    /// <param name="obj">The object, valid by its schema.</param>
    /// <param name="old">
    /// The object before an update, or null on create. Transition rules run only where the old value is known; other rules are let pass where nothing changed.
    /// </param>
    /// <param name="path">Where the object stands, as a prefix of the paths reported.</param>
    public IReadOnlyList<StatusCause> Validate(JsonNode obj, JsonNode? old, string path = "")
    {
        if (_root is null) return [];
        var run = new RuleRun();
        run.Visit(_root, obj, old, path);
        return run.Causes;
    }

    /// <summary>The rules of one schema, and those below it; absent where there are none.</summary>
    internal sealed class Level
    {
        private Level(StructuralSchema schema) => Schema = schema;

        public StructuralSchema Schema { get; }

        public required IReadOnlyList<CompiledRule> Rules { get; init; }

        public required IReadOnlyDictionary<string, Level> Properties { get; init; }

        public required Level? Values { get; init; }

        public required Level? Items { get; init; }

        public static Level? Build(StructuralSchema schema, bool resourceRoot)
        {
            var root = resourceRoot || schema.EmbeddedResource;
            var self = schema.Validations.Count == 0 ? CelType.Dyn : SchemaTypes.From(schema, root) ?? CelType.Dyn;
            var properties = new Dictionary<string, Level>(StringComparer.Ordinal);
            foreach (var (name, property) in schema.Properties)
                if (Build(property, false) is { } below)
                    properties[name] = below;
            var level = new Level(root && schema.Type == "object" ? SchemaTypes.WithTypeAndName(schema) : schema)
            {
                Rules = [.. schema.Validations.Select(r => CompiledRule.Compile(r, self))],
                Properties = properties,
                Values = schema.AdditionalProperties is { } values ? Build(values, false) : null,
                Items = schema.Items is { } items ? Build(items, false) : null,
            };
            return level.Rules.Count + properties.Count == 0 && level.Values is null && level.Items is null ? null : level;
        }
    }
}
