namespace VmProxy.Lab.Model;

/// <summary>A fault in the words of vim25: a type name and the values of its own fields.</summary>
internal sealed class LabFault(string typeName, string message, params (string Field, object? Value)[] fields) : Exception(message)
{
    public string TypeName => typeName;

    public IReadOnlyList<(string Field, object? Value)> Fields => fields;

    public static LabFault InvalidArgument(string property) =>
        new("InvalidArgument", $"A specified parameter was not correct: {property}", ("invalidProperty", property));

    public static LabFault SystemError(Exception mistake) =>
        new("SystemError", $"A general system error occurred: {mistake}", ("reason", mistake.Message));

    public static LabFault InvalidRequest(string reason) => new("InvalidRequest", reason);

    public static LabFault NotSupported(string reason) => new("NotSupported", reason);

    public static LabFault FileLocked(string file) => new("FileLocked", $"Unable to access file {file} since it is locked", ("file", file));

    public static LabFault FileNotFound(string file) => new("FileNotFound", $"File {file} was not found", ("file", file));

    public static LabFault CannotAccessFile(string file) => new("CannotAccessFile", $"Unable to access file {file}", ("file", file));

    public static LabFault InvalidDiskFormat(string file) =>
        new("InvalidDiskFormat", $"The disk descriptor {file} is missing, malformed or cut off.");

    public static LabFault NoDiskSpace(string file, string datastore) =>
        new("NoDiskSpace", $"Insufficient disk space on datastore '{datastore}'.", ("file", file), ("datastore", datastore));

    public static LabFault InvalidDeviceSpec(int index, string reason) =>
        new("InvalidDeviceSpec", $"Invalid configuration for device '{index}'. {reason}", ("property", $"deviceChange[{index}]"), ("deviceIndex", index));
}
