namespace VmProxy.Vim25;

/// <summary>Bounds of a <see cref="SoapChannel"/>.</summary>
public sealed record SoapChannelOptions
{
    /// <summary>The version in SOAPAction, which picks the dialect: a modest one keeps newer types away.</summary>
    public string ApiVersion { get; init; } = "6.7";

    /// <summary>Longest answer in bytes, after decompression. 20,000 devices take about 4 MB; pages keep answers far below this.</summary>
    public long MaxAnswerBytes { get; init; } = 256L << 20;
}
