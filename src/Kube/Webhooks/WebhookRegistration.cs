using System.Reflection;
using System.Text.Json.Nodes;
using k8s;
using k8s.Models;
using Microsoft.Extensions.DependencyInjection;

namespace Nemotron.Kube;

/// <summary>A webhook as registered.</summary>
internal interface IWebhookRegistration
{
    /// <summary>The path of its URL.</summary>
    string Path { get; }

    /// <summary>Whether it goes by what the caches hold, so that it has no answer before they are full.</summary>
    bool NeedsCaches { get; }

    /// <summary>Answers one question.</summary>
    /// <exception cref="MalformedReviewException">It is none.</exception>
    Task<WebhookAnswer> AnswerAsync(IServiceProvider services, ReadOnlyMemory<byte> body, CancellationToken cancellationToken);
}

/// <summary>An answer, with what a log line needs.</summary>
/// <param name="Body">The review.</param>
/// <param name="About">What it is about, in few words.</param>
/// <param name="Refused">Why the answer is no; null: it is yes.</param>
internal sealed record WebhookAnswer(JsonObject Body, string About, string? Refused);

/// <summary>Where a webhook listens, by its attribute.</summary>
internal static class WebhookPath
{
    /// <exception cref="ArgumentException">The attribute is missing, or names another entity.</exception>
    internal static string Of<TWebhook, TEntity, TAttribute>()
        where TAttribute : Attribute, IWebhookAttribute
    {
        var attribute = typeof(TWebhook).GetCustomAttribute<TAttribute>()
            ?? throw new ArgumentException($"{typeof(TWebhook).Name} has no [{typeof(TAttribute).Name[..^nameof(Attribute).Length]}] attribute.");
        return attribute.EntityType == typeof(TEntity)
            ? attribute.Path
            : throw new ArgumentException($"{typeof(TWebhook).Name} is for {attribute.EntityType.Name} by its attribute, and is added for {typeof(TEntity).Name}.");
    }
}

/// <summary>What the attributes of webhooks say.</summary>
internal interface IWebhookAttribute
{
    /// <summary>The entity's type.</summary>
    Type EntityType { get; }

    /// <summary>The path of the webhook's URL.</summary>
    string Path { get; }
}

/// <summary>A validating webhook of one entity type.</summary>
internal sealed class ValidationWebhookRegistration<TWebhook, TEntity> : IWebhookRegistration
    where TWebhook : ValidationWebhook<TEntity>
    where TEntity : class, IKubernetesObject<V1ObjectMeta>
{
    public string Path { get; } = WebhookPath.Of<TWebhook, TEntity, ValidationWebhookAttribute>();

    public bool NeedsCaches => true;

    public async Task<WebhookAnswer> AnswerAsync(IServiceProvider services, ReadOnlyMemory<byte> body, CancellationToken cancellationToken)
    {
        var review = AdmissionReview<TEntity>.Read(body);
        await using var scope = services.CreateAsyncScope();
        var webhook = scope.ServiceProvider.GetRequiredService<TWebhook>();
        var result = review.Operation switch
        {
            "CREATE" => await webhook.CreateAsync(review.Object!, review.DryRun, cancellationToken),
            "UPDATE" => await webhook.UpdateAsync(review.OldObject!, review.Object!, review.DryRun, cancellationToken),
            "DELETE" => await webhook.DeleteAsync(review.OldObject!, review.DryRun, cancellationToken),
            // Nothing is stored by any other.
            _ => ValidationResult.Success(),
        };
        return new(AdmissionAnswer.Of(review.Uid, result), $"{review.Operation} {review.Key}", result.Allowed ? null : result.Message);
    }
}
