namespace Nemotron.Controllers.Deployments.Gateways;

/// <summary>The gateway's image where a NemotronDeployment names none.</summary>
/// <param name="Name">With tag or digest.</param>
internal sealed record GatewayImage(string Name)
{
    /// <summary>The one of the operator's own version.</summary>
    public static GatewayImage OfThisVersion { get; } = new($"nemotron-gateway:{typeof(GatewayImage).Assembly.GetName().Version!.ToString(3)}");
}
