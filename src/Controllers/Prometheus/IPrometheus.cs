namespace Nemotron.Controllers.Prometheus;

/// <summary>Answers instant queries.</summary>
internal interface IPrometheus
{
    /// <summary>Asks for the value of an expression now.</summary>
    /// <param name="query">PromQL that yields a vector.</param>
    /// <param name="cancellationToken">Cancels.</param>
    /// <exception cref="PrometheusException">There is no answer; the message says why in words for a status.</exception>
    Task<QueryAnswer> QueryAsync(string query, CancellationToken cancellationToken);
}
