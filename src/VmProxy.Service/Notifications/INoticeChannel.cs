using VmProxy.Engine.Configuration;

namespace VmProxy.Service.Notifications;

/// <summary>A way to tell somebody.</summary>
interface INoticeChannel
{
    /// <summary>Its name in messages, metrics and the catalog; the same over restarts.</summary>
    string Name { get; }

    /// <summary>Whether it is for notices of this kind.</summary>
    bool Wants(NoticeKind kind);

    /// <summary>Hands a notice over, with a few attempts.</summary>
    /// <exception cref="NoticeNotTakenException">The receiver did not take it.</exception>
    Task SendAsync(NoticeDocument notice, CancellationToken cancellationToken);
}

/// <summary>A receiver did not take a notice.</summary>
sealed class NoticeNotTakenException(string message, Exception? innerException = null) : Exception(message, innerException);
