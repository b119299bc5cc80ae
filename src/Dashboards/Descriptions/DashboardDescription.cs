namespace Nemotron.Dashboards.Descriptions;

/// <summary>A dashboard: what is asked of Prometheus, and how it is shown. Everything that all dashboards share is the renderer's.</summary>
public sealed record DashboardDescription
{
    /// <summary>Its stable id, also the file's name, such as nemotron-fleet.</summary>
    public string Uid { get; init; } = "";

    /// <summary>Its title.</summary>
    public string Title { get; init; } = "";

    /// <summary>What it is for.</summary>
    public string Description { get; init; } = "";

    /// <summary>What a reader can choose, beside the data source.</summary>
    public IList<VariableDescription> Variables { get; init; } = [];

    /// <summary>Events drawn into all of its graphs.</summary>
    public IList<AnnotationDescription> Annotations { get; init; } = [];

    /// <summary>Its rows, from the top.</summary>
    public IList<RowDescription> Rows { get; init; } = [];
}

/// <summary>A choice at the top of a dashboard.</summary>
public sealed record VariableDescription
{
    /// <summary>Its name in expressions, without the dollar sign.</summary>
    public string Name { get; init; } = "";

    /// <summary>What the reader sees.</summary>
    public string Label { get; init; } = "";

    /// <summary>What it is for; shown on hover.</summary>
    public string Description { get; init; } = "";

    /// <summary>Grafana's label_values(…) over Prometheus; absent for a field to type into.</summary>
    public string? Query { get; init; }

    /// <summary>What is in the field at first.</summary>
    public string? Value { get; init; }

    /// <summary>Whether several may be chosen, and all.</summary>
    public bool Multiple { get; init; }
}

/// <summary>Events whose series' value is their time.</summary>
public sealed record AnnotationDescription
{
    /// <summary>What the events are.</summary>
    public string Name { get; init; } = "";

    /// <summary>An expression whose values are milliseconds of Unix time.</summary>
    public string Expr { get; init; } = "";

    /// <summary>The event's title, with {{labels}}.</summary>
    public string Title { get; init; } = "";

    /// <summary>The event's text, with {{labels}}.</summary>
    public string Text { get; init; } = "";
}

/// <summary>Panels under a heading.</summary>
public sealed record RowDescription
{
    /// <summary>The heading.</summary>
    public string Title { get; init; } = "";

    /// <summary>The panels; they flow from left to right over 24 columns.</summary>
    public IList<PanelDescription> Panels { get; init; } = [];
}

/// <summary>How a panel shows its series.</summary>
public enum PanelType
{
    /// <summary>Lines over time.</summary>
    Lines,

    /// <summary>Areas over time, one on the other.</summary>
    Stacked,

    /// <summary>The latest number, large.</summary>
    Stat,

    /// <summary>The latest numbers as bars.</summary>
    Bars,

    /// <summary>A line of cells for each series, coloured by its value over time.</summary>
    Heatmap,

    /// <summary>The latest values, a row for each combination of labels.</summary>
    Table,
}

/// <summary>One panel.</summary>
public sealed record PanelDescription
{
    /// <summary>Its title.</summary>
    public string Title { get; init; } = "";

    /// <summary>What it shows, and what to make of it.</summary>
    public string Description { get; init; } = "";

    /// <summary>How.</summary>
    public PanelType Type { get; init; }

    /// <summary>Grafana's id of the unit, such as s, percentunit or short.</summary>
    public string Unit { get; init; } = "short";

    /// <summary>Columns of 24.</summary>
    public int Width { get; init; } = 8;

    /// <summary>Rows of 30 pixels.</summary>
    public int Height { get; init; } = 7;

    /// <summary>The axis' lower end.</summary>
    public double? Min { get; init; }

    /// <summary>The axis' upper end.</summary>
    public double? Max { get; init; }

    /// <summary>Digits behind the point; Grafana's choice where absent.</summary>
    public int? Decimals { get; init; }

    /// <summary>What is asked.</summary>
    public IList<QueryDescription> Queries { get; init; } = [];

    /// <summary>From which value on which colour; below the first: green.</summary>
    public IList<ThresholdDescription> Thresholds { get; init; } = [];

    /// <summary>The dashboard that a click leads to, by its uid, and the variables that it is given there.</summary>
    public LinkDescription? Link { get; init; }

    /// <summary>Of a table: the columns in order, by the label or by the query's letter (A, B, …), with their headings.</summary>
    public IList<ColumnDescription> Columns { get; init; } = [];

    /// <summary>Why the test scenario leaves it empty; absent where it must not.</summary>
    public string? Unfilled { get; init; }
}

/// <summary>One expression.</summary>
public sealed record QueryDescription
{
    /// <summary>PromQL, with the dashboard's variables and $__rate_interval.</summary>
    public string Expr { get; init; } = "";

    /// <summary>The series' name, with {{labels}}.</summary>
    public string Legend { get; init; } = "";
}

/// <summary>A colour from a value on.</summary>
public sealed record ThresholdDescription
{
    /// <summary>The value.</summary>
    public double From { get; init; }

    /// <summary>The colour.</summary>
    public string Color { get; init; } = "";
}

/// <summary>A way to another dashboard.</summary>
public sealed record LinkDescription
{
    /// <summary>The other's uid.</summary>
    public string Dashboard { get; init; } = "";

    /// <summary>Its variables, by the label of the series that they are taken from.</summary>
    public IDictionary<string, string> Variables { get; init; } = new Dictionary<string, string>();
}

/// <summary>A column of a table.</summary>
public sealed record ColumnDescription
{
    /// <summary>A label's name, or a query's letter.</summary>
    public string From { get; init; } = "";

    /// <summary>The heading.</summary>
    public string Title { get; init; } = "";

    /// <summary>The unit of a query's values.</summary>
    public string? Unit { get; init; }
}
