namespace Nemotron.Crds.Attributes;

/// <summary>The field must be present: it is listed under <c>required</c> of its object.</summary>
[AttributeUsage(AttributeTargets.Property)]
public sealed class RequiredAttribute : Attribute;

/// <summary>The smallest allowed number (<c>minimum</c>).</summary>
/// <param name="minimum">The bound.</param>
/// <param name="exclusiveMinimum">Whether the bound itself is refused.</param>
[AttributeUsage(AttributeTargets.Property)]
public sealed class RangeMinimumAttribute(double minimum, bool exclusiveMinimum = false) : Attribute
{
    /// <summary>The bound.</summary>
    public double Minimum { get; } = minimum;

    /// <summary>Whether the bound itself is refused.</summary>
    public bool ExclusiveMinimum { get; } = exclusiveMinimum;
}

/// <summary>The largest allowed number (<c>maximum</c>).</summary>
/// <param name="maximum">The bound.</param>
/// <param name="exclusiveMaximum">Whether the bound itself is refused.</param>
[AttributeUsage(AttributeTargets.Property)]
public sealed class RangeMaximumAttribute(double maximum, bool exclusiveMaximum = false) : Attribute
{
    /// <summary>The bound.</summary>
    public double Maximum { get; } = maximum;

    /// <summary>Whether the bound itself is refused.</summary>
    public bool ExclusiveMaximum { get; } = exclusiveMaximum;
}

/// <summary>
/// A regular expression that a string must match (<c>pattern</c>). On a list or map of strings it bounds each of them.
/// Only what Go's RE2 and .NET both read alike: no look-around, no back-references.
/// </summary>
/// <param name="regexPattern">The expression; anchor it yourself.</param>
[AttributeUsage(AttributeTargets.Property)]
public sealed class PatternAttribute(string regexPattern) : Attribute
{
    /// <summary>The expression.</summary>
    public string RegexPattern { get; } = regexPattern;
}

/// <summary>The allowed length of a string (<c>minLength</c>, <c>maxLength</c>). On a list or map of strings it bounds each of them.</summary>
/// <param name="minLength">Fewest characters; -1 for no bound.</param>
/// <param name="maxLength">Most characters; -1 for no bound.</param>
[AttributeUsage(AttributeTargets.Property)]
public sealed class LengthAttribute(long minLength = -1, long maxLength = -1) : Attribute
{
    /// <summary>Fewest characters; -1 for no bound.</summary>
    public long MinLength { get; } = minLength;

    /// <summary>Most characters; -1 for no bound.</summary>
    public long MaxLength { get; } = maxLength;
}

/// <summary>The allowed number of items of a list (<c>minItems</c>, <c>maxItems</c>).</summary>
/// <param name="minItems">Fewest items; -1 for no bound.</param>
/// <param name="maxItems">Most items; -1 for no bound.</param>
[AttributeUsage(AttributeTargets.Property)]
public sealed class ItemsAttribute(long minItems = -1, long maxItems = -1) : Attribute
{
    /// <summary>Fewest items; -1 for no bound.</summary>
    public long MinItems { get; } = minItems;

    /// <summary>Most items; -1 for no bound.</summary>
    public long MaxItems { get; } = maxItems;
}

/// <summary>The allowed number of entries of a map (<c>minProperties</c>, <c>maxProperties</c>).</summary>
/// <param name="minProperties">Fewest entries; -1 for no bound.</param>
/// <param name="maxProperties">Most entries; -1 for no bound.</param>
[AttributeUsage(AttributeTargets.Property)]
public sealed class PropertyLimitsAttribute(long minProperties = -1, long maxProperties = -1) : Attribute
{
    /// <summary>Fewest entries; -1 for no bound.</summary>
    public long MinProperties { get; } = minProperties;

    /// <summary>Most entries; -1 for no bound.</summary>
    public long MaxProperties { get; } = maxProperties;
}

/// <summary>The allowed values of a number or a string that is not a C# enum (<c>enum</c>). C# enums need no attribute. On a list it bounds each item.</summary>
/// <param name="values">The values, of the field's own type.</param>
[AttributeUsage(AttributeTargets.Property)]
public sealed class EnumValuesAttribute(params object[] values) : Attribute
{
    /// <summary>The values.</summary>
    public IReadOnlyList<object> Values { get; } = values;
}

/// <summary>The value the API server writes when the field is absent (<c>default</c>).</summary>
/// <param name="value">A number, a boolean, a string, an enum member; for a field of object type the JSON text, such as <c>{}</c>.</param>
[AttributeUsage(AttributeTargets.Property)]
public sealed class DefaultValueAttribute(object value) : Attribute
{
    /// <summary>The value as given.</summary>
    public object Value { get; } = value;
}

/// <summary>
/// A CEL rule (<c>x-kubernetes-validations</c>) on the object of the type, or on the value of the property, that it stands on.
/// The API server refuses the whole CRD when it cannot bound a rule's cost: every string, list and map that the rule touches needs a maximum,
/// and <paramref name="messageExpression"/> may only be built from bounded strings.
/// </summary>
/// <param name="rule">The expression; true means valid. <c>self</c> is the value, <c>oldSelf</c> the value before an update.</param>
/// <param name="fieldPath">A path below the value, such as <c>.replicas</c>, to be named as the offender; null for the value itself.</param>
/// <param name="message">What to say when it fails.</param>
/// <param name="messageExpression">An expression for the message, where the message needs values; wins over <paramref name="message"/>.</param>
/// <param name="reason"><c>FieldValueInvalid</c> (as for null), <c>FieldValueForbidden</c>, <c>FieldValueRequired</c> or <c>FieldValueDuplicate</c>.</param>
[AttributeUsage(AttributeTargets.Property | AttributeTargets.Class, AllowMultiple = true)]
public sealed class ValidationRuleAttribute(
    string rule,
    string? fieldPath = null,
    string? message = null,
    string? messageExpression = null,
    string? reason = null) : Attribute
{
    /// <summary>The expression.</summary>
    public string Rule { get; } = rule;

    /// <summary>The offender's path below the value, or null.</summary>
    public string? FieldPath { get; } = fieldPath;

    /// <summary>The message, or null.</summary>
    public string? Message { get; } = message;

    /// <summary>The expression that yields the message, or null.</summary>
    public string? MessageExpression { get; } = messageExpression;

    /// <summary>The reason given to the client, or null for <c>FieldValueInvalid</c>.</summary>
    public string? Reason { get; } = reason;
}

/// <summary>A value of any type may stand (<c>x-kubernetes-preserve-unknown-fields</c>); what else bounds it, such as <see cref="EnumValuesAttribute"/>, still holds.</summary>
[AttributeUsage(AttributeTargets.Property)]
public sealed class PreserveUnknownFieldsAttribute : Attribute;

/// <summary>How server-side apply merges a list (<c>x-kubernetes-list-type</c>).</summary>
public enum XListType
{
    /// <summary>As a whole.</summary>
    Atomic,

    /// <summary>Item by item; scalars without duplicates.</summary>
    Set,

    /// <summary>Item by item; objects with the key fields of <see cref="XListMapKeysAttribute"/>.</summary>
    Map,
}

/// <summary>How server-side apply merges the list (<c>x-kubernetes-list-type</c>).</summary>
/// <param name="type">The kind of list.</param>
[AttributeUsage(AttributeTargets.Property)]
public sealed class XListTypeAttribute(XListType type) : Attribute
{
    /// <summary>The kind of list.</summary>
    public XListType Type { get; } = type;
}

/// <summary>The fields that tell the items of a <see cref="XListType.Map"/> apart (<c>x-kubernetes-list-map-keys</c>).</summary>
/// <param name="keys">JSON names of required scalar fields of the item.</param>
[AttributeUsage(AttributeTargets.Property)]
public sealed class XListMapKeysAttribute(params string[] keys) : Attribute
{
    /// <summary>JSON names of the key fields.</summary>
    public IReadOnlyList<string> Keys { get; } = keys;
}

/// <summary>How server-side apply merges a map or an object (<c>x-kubernetes-map-type</c>).</summary>
public enum XMapType
{
    /// <summary>Entry by entry.</summary>
    Granular,

    /// <summary>As a whole: one manager owns all of it.</summary>
    Atomic,
}

/// <summary>How server-side apply merges the map or object (<c>x-kubernetes-map-type</c>).</summary>
/// <param name="type">The kind of map.</param>
[AttributeUsage(AttributeTargets.Property)]
public sealed class XMapTypeAttribute(XMapType type) : Attribute
{
    /// <summary>The kind of map.</summary>
    public XMapType Type { get; } = type;
}
