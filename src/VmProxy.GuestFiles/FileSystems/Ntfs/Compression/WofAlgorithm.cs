namespace VmProxy.GuestFiles;

/// <summary>The algorithms of the Windows overlay filter, by the numbers that it keeps.</summary>
enum WofAlgorithm
{
    Xpress4K = 0,
    Lzx = 1,
    Xpress8K = 2,
    Xpress16K = 3,
}
