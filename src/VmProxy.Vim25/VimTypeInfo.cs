namespace VmProxy.Vim25;

/// <summary>A data object, an enumeration or a managed object type.</summary>
/// <param name="Name">Name in the schema.</param>
/// <param name="BaseName">The type that it extends, or null.</param>
/// <param name="Fields">Its own fields, in sequence order.</param>
/// <param name="IsEnum">Whether it is an enumeration of strings.</param>
/// <param name="EnumValues">The known values of an enumeration.</param>
public sealed record VimTypeInfo(string Name, string? BaseName, IReadOnlyList<VimFieldInfo> Fields, bool IsEnum, IReadOnlyList<string> EnumValues);

/// <summary>A field of a data object, a parameter of an operation or a property of a managed object.</summary>
/// <param name="Name">Name on the wire.</param>
/// <param name="TypeName">A built-in type ("string", "int", "anyType"…), "ManagedObjectReference", or a name in <see cref="VimSchema.Types"/>.</param>
/// <param name="IsArray">Whether it may be repeated.</param>
/// <param name="IsOptional">Whether it may be absent.</param>
public sealed record VimFieldInfo(string Name, string TypeName, bool IsArray, bool IsOptional);

/// <summary>An operation.</summary>
/// <param name="Name">The request's element, such as "CreateSnapshot_Task".</param>
/// <param name="RequestTypeName">The request's type in the schema, such as "CreateSnapshotRequestType".</param>
/// <param name="Parameters">Parameters in order, without the leading _this.</param>
/// <param name="ReturnTypeName">Type of the result, or null for none.</param>
/// <param name="ReturnsArray">Whether the result is a list.</param>
/// <param name="ReturnOptional">Whether there may be no result.</param>
public sealed record VimOperationInfo(
    string Name, string RequestTypeName, IReadOnlyList<VimFieldInfo> Parameters, string? ReturnTypeName, bool ReturnsArray, bool ReturnOptional);
