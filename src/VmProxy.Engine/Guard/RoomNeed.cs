using VmProxy.Engine.Failures;

namespace VmProxy.Engine.Guard;

/// <summary>What a backup needs at one place that has just been measured.</summary>
/// <param name="Place">What tells the place from every other; other runs use the same.</param>
/// <param name="Name">The place for people, such as <c>datastore ds1</c>.</param>
/// <param name="Code">The code of a refusal.</param>
/// <param name="CapacityBytes">Its size.</param>
/// <param name="FreeBytes">What is free.</param>
/// <param name="FloorBytes">What must stay free.</param>
/// <param name="GrowthBytes">What will be written there.</param>
/// <param name="MergeBytes">What merging the snapshot back needs beside that.</param>
/// <param name="Why">Where the numbers come from, for people.</param>
/// <param name="Next">What to do when there is no room.</param>
sealed record RoomNeed(
    string Place, string Name, string Code, long CapacityBytes, long FreeBytes, long FloorBytes, long GrowthBytes, long MergeBytes, string Why, string Next)
{
    /// <summary>What is taken in all.</summary>
    public long Bytes => GrowthBytes + MergeBytes;

    /// <summary>Whether there is room when others take so much.</summary>
    public bool FitsBeside(long others) => FreeBytes - FloorBytes >= Bytes + others;

    /// <summary>The refusal.</summary>
    public Failure Refusal(string vm, long others = 0) => new(
        Code, $"{vm} / {Name}", "check for room",
        $"{Sizes.Text(FreeBytes)} of {Sizes.Text(CapacityBytes)} are free, and {Sizes.Text(FloorBytes + Bytes + others)} are wanted: "
        + $"{Sizes.Text(FloorBytes)} that must stay free, {Why}{(others == 0 ? "" : $", {Sizes.Text(others)} for snapshots that earlier runs left")}.",
        $"{Next} No snapshot was made.");
}
