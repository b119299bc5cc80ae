using System.Text.Json.Nodes;
using k8s;
using k8s.Models;
using Microsoft.Extensions.DependencyInjection;

namespace Nemotron.Kube;

/// <summary>A converting webhook of one entity type.</summary>
internal sealed class ConversionWebhookRegistration<TWebhook, TEntity> : IWebhookRegistration
    where TWebhook : ConversionWebhook<TEntity>
    where TEntity : class, IKubernetesObject<V1ObjectMeta>
{
    public string Path { get; } = WebhookPath.Of<TWebhook, TEntity, ConversionWebhookAttribute>();

    public bool NeedsCaches => false;

    public async Task<WebhookAnswer> AnswerAsync(IServiceProvider services, ReadOnlyMemory<byte> body, CancellationToken cancellationToken)
    {
        var review = ConversionReview.Read(body);
        await using var scope = services.CreateAsyncScope();
        var conversion = new VersionConversion<TEntity>(scope.ServiceProvider.GetRequiredService<TWebhook>().Converters);
        var about = $"{review.Objects.Count} object(s) to {review.DesiredApiVersion}";
        try
        {
            var converted = new List<JsonObject>(review.Objects.Count);
            foreach (var obj in review.Objects)
            {
                cancellationToken.ThrowIfCancellationRequested();
                converted.Add(conversion.Convert(obj, review.DesiredApiVersion));
            }

            return new(ConversionAnswer.Of(review.Uid, converted), about, null);
        }
        catch (ConversionException e)
        {
            return new(ConversionAnswer.Failure(review.Uid, e.Message), about, e.Message);
        }
    }
}
