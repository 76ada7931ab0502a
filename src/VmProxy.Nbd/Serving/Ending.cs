namespace VmProxy.Nbd.Serving;

/// <summary>How a server ends, in steps: each is a token that every connection hears.</summary>
/// <param name="Stopping">No more requests are taken.</param>
/// <param name="GivingUp">What is in flight is given up and answered with an error.</param>
/// <param name="Closing">Nothing is sent any more.</param>
readonly record struct Ending(CancellationToken Stopping, CancellationToken GivingUp, CancellationToken Closing);
