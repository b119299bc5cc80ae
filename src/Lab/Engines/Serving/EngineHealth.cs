namespace Nemotron.Lab.Engines;

/// <summary>How an engine that serves is.</summary>
internal enum EngineHealth
{
    /// <summary>Sound.</summary>
    Sound,

    /// <summary>Its ranks are gone; the server in front of them is not.</summary>
    Broken,

    /// <summary>A fatal error is known to it, and whoever asks for its health ends it.</summary>
    Fatal,
}
